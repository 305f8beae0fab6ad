import { setTimeout as delay } from 'node:timers/promises';
import type { DemoError } from './demoError.ts';
import { type ReplicaMetrics, readMetrics } from './replicaMetrics.ts';
import { TidemarkProcess } from './tidemark.ts';

const SCRAPE_TIMEOUT_MS = 2_000;
const START_DEADLINE_MS = 60_000;
const LOOK_EVERY_MS = 200;

export interface Replica {
  /** From 1 on. */
  readonly number: number;
  readonly pid: number | undefined;
  /** `ended`: somebody stopped or killed it, and the others go on with its partitions. */
  readonly state: 'starting' | 'running' | 'ended';
  /** Where it serves HTTP, without a slash at the end; undefined before it does. */
  readonly url: string | undefined;
  /** As last scraped; undefined before the first time. */
  readonly metrics: ReplicaMetrics | undefined;
  /** That it has ended, or does not get to work, with its last words. */
  fault(): DemoError;
}

/** The processes of one pipeline, which share its partitions as members of one group. */
export class Replicas {
  readonly #members: Member[];

  constructor(count: number, pipelineFile: string, env: Readonly<Record<string, string>>) {
    this.#members = Array.from({ length: count }, (_, index) => new Member(index + 1, pipelineFile, env));
  }

  get all(): readonly Replica[] {
    return this.#members;
  }

  /** Resolves when they share all partitions evenly. Throws DemoError when they do not within a minute. */
  async untilAllHeld(partitions: number, signal: AbortSignal): Promise<void> {
    const deadlineMs = performance.now() + START_DEADLINE_MS;
    for (;;) {
      signal.throwIfAborted();
      await this.scrape();
      const leases = this.#members.reduce((sum, { metrics }) => sum + (metrics?.leases ?? 0), 0);
      // One that has just started has none, and for a moment nobody has what the others gave up for it.
      const fewest = Math.min(...this.#members.map(({ metrics }) => metrics?.leases ?? 0));
      const isEven = fewest >= Math.floor(partitions / this.#members.length);
      if (leases === partitions && isEven && this.#members.every(({ state }) => state !== 'starting')) return;
      if (performance.now() > deadlineMs) throw this.#members[0]!.fault();
      await delay(LOOK_EVERY_MS);
    }
  }

  /** Asks every one that runs for its metrics. Throws DemoError when none is left that could answer. */
  async scrape(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.scrape()));
    const [first] = this.#members;
    if (this.#members.every(({ state }) => state === 'ended')) throw first!.fault();
  }

  /** Resolves when all have ended, in order if they can. */
  async stop(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.stop()));
  }
}

class Member implements Replica {
  readonly number: number;
  metrics: ReplicaMetrics | undefined;
  url: string | undefined;
  readonly #process: TidemarkProcess;
  #end: string | undefined;

  constructor(number: number, pipelineFile: string, env: Readonly<Record<string, string>>) {
    this.number = number;
    this.#process = new TidemarkProcess(['run', '-c', pipelineFile], env, (line) => this.#hear(line));
    void this.#process.ended.then((end) => {
      this.#end = end;
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get state(): Replica['state'] {
    if (this.#end !== undefined) return 'ended';
    return this.metrics === undefined ? 'starting' : 'running';
  }

  /** The log says which port was free. */
  #hear(line: string): void {
    if (this.url !== undefined || !line.includes('"listening"')) return;
    const { host, port } = JSON.parse(line) as { host: string; port: number };
    this.url = `http://${host}:${port}`;
  }

  async scrape(): Promise<void> {
    if (this.url === undefined || this.#end !== undefined) return;
    try {
      const response = await fetch(`${this.url}/metrics`, { signal: AbortSignal.timeout(SCRAPE_TIMEOUT_MS) });
      this.metrics = readMetrics(await response.text());
    } catch {
      // It is busy, or has ended a moment ago; what it said last stands.
    }
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }

  fault(): DemoError {
    return this.#process.fault(this.#end);
  }
}
