/** Tidemark alone at full speed for as long as wanted, and what memory it takes. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { linearRegression } from 'simple-statistics';
import { waitFor } from '../../tools/stack/wait.ts';
import type { Feeding } from '../feeder.ts';
import { TIDEMARK } from './contestants.ts';
import type { Ground } from './ground.ts';
import { lagOf } from './lag.ts';
import type { Pinning } from './pinning.ts';
import { prefixed, start } from './process.ts';

/** Enough of what a process says to explain its end. */
const KEPT_CHARACTERS = 4_000;
const LOOK_EVERY_MS = 10_000;
/** Events ahead of the reader: seconds of work, so that it never waits for the writer while the writer keeps pace. */
const AHEAD = 2_000_000;
const FILLED_WITHIN_MS = 300_000;
/** Of a topic's data; far more than what is ahead. */
const KEPT_BYTES = 2 ** 31;
const SEGMENT_BYTES = 2 ** 25;
/** Code is compiled and buffers have their size by then, or halfway where that is sooner; growth is told from here on. */
const SETTLED_AFTER_S = 120;

export interface Look {
  readonly seconds: number;
  readonly rssMiB: number;
  readonly eventsPerSecond: number;
  /** Events that waited; 0 means that the writer, not Tidemark, was the limit. */
  readonly lag: number;
}

export interface Soak {
  readonly looks: readonly Look[];
  readonly peakMiB: number;
  readonly growth: Growth;
}

/** How what is resident changes once it has settled. */
export interface Growth {
  /** By least squares. */
  readonly mibPerMinute: number;
  /** The time it was looked at for. */
  readonly minutes: number;
  /** At its beginning. */
  readonly residentMiB: number;
}

export interface Soaking {
  readonly ground: Ground;
  readonly pinning: Pinning;
  readonly partitions: number;
  readonly minutes: number;
  readonly client: string | undefined;
  readonly onProgress: (line: string) => void;
}

export async function soak(soaking: Soaking): Promise<Soak> {
  const { ground, pinning, partitions, minutes, onProgress } = soaking;
  const { brokers, registryUrl, env, signal } = ground;
  const pipeline = await preparePipeline(soaking);
  const { group, input } = pipeline;
  const ended = new AbortController();
  const startNode = (pinned: readonly string[], args: readonly string[]) =>
    start(prefixed(pinned, { file: process.execPath, args }), env, AbortSignal.any([signal, ended.signal]));
  try {
    const feeding: Feeding = { brokers, registryUrl, topic: input, partitions, group, ahead: AHEAD };
    const feeder = startNode(pinning.beside, ['bench/feeder.ts', JSON.stringify(feeding)]);
    const fed = untilGone(feeder, 'the feeder');
    const filled = async () => (await lagOf(ground.admin, group, input)).lag >= AHEAD;
    await Promise.race([waitFor(filled, 'events to be ahead', FILLED_WITHIN_MS, { signal }), fed]);
    const scorer = startNode(pinning.measured, [TIDEMARK, 'run', '-c', pipeline.file]);
    const fallen = [fed, untilGone(scorer, 'Tidemark')];
    const looks: Look[] = [];
    const beganMs = performance.now();
    let before = { ...(await lagOf(ground.admin, group, input)), ms: beganMs };
    for (let left = minutes * 60_000; left > 0; left -= LOOK_EVERY_MS) {
      await Promise.race([delay(LOOK_EVERY_MS), ...fallen]);
      const now = { ...(await lagOf(ground.admin, group, input)), ms: performance.now() };
      const look = {
        seconds: (now.ms - beganMs) / 1000,
        rssMiB: residentMiB(scorer.pid!, 'VmRSS'),
        eventsPerSecond: ((now.committed - before.committed) / (now.ms - before.ms)) * 1000,
        lag: now.lag,
      };
      looks.push(look);
      onProgress(lookLine(look));
      before = now;
    }
    return { looks, peakMiB: residentMiB(scorer.pid!, 'VmHWM'), growth: growthOf(looks) };
  } finally {
    ended.abort();
  }
}

async function preparePipeline({ ground, partitions, client }: Soaking) {
  const input = ground.topicNamed('transactions');
  const outputConfig = retention(partitions);
  await ground.createTopic(input, partitions, outputConfig);
  const output = ground.topicNamed('soaked');
  const pipeline = await ground.newPipeline({ input, run: output, partitions, client, outputConfig });
  return { ...pipeline, input };
}

function untilGone(child: ChildProcess, name: string): Promise<never> {
  let said = '';
  child.stdout!.resume();
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-KEPT_CHARACTERS);
  });
  const gone = new Promise<never>((_, reject) => {
    child.on('error', reject);
    child.on('exit', (status) => reject(new Error(`${name} ended with ${status}:\n${said}`)));
  });
  // It is killed at the end, when nobody waits for this any more.
  gone.catch(() => {});
  return gone;
}

/** Topics that are written for minutes at full speed: what is old goes soon. */
function retention(partitions: number): { name: string; value: string }[] {
  return [
    { name: 'retention.bytes', value: String(Math.floor(KEPT_BYTES / partitions)) },
    { name: 'segment.bytes', value: String(SEGMENT_BYTES) },
    { name: 'file.delete.delay.ms', value: '1000' },
  ];
}

function residentMiB(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${what}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
}

export function growthOf(looks: readonly Look[]): Growth {
  const last = looks.at(-1)?.seconds ?? 0;
  const settledAfter = Math.min(SETTLED_AFTER_S, last / 2);
  const settled = looks.filter(({ seconds }) => seconds >= settledAfter);
  const [first] = settled;
  if (first === undefined || settled.length < 2)
    throw new Error(`${looks.length} looks tell nothing of growth`);
  const { m } = linearRegression(settled.map(({ seconds, rssMiB }) => [seconds / 60, rssMiB]));
  return { mibPerMinute: m, minutes: (last - first.seconds) / 60, residentMiB: first.rssMiB };
}

function lookLine({ seconds, rssMiB, eventsPerSecond, lag }: Look): string {
  const waiting = lag === 0 ? 'nothing waits: the writer does not keep pace' : `${lag} events wait`;
  return `${(seconds / 60).toFixed(1)} min  ${rssMiB.toFixed(0)} MiB  ${Math.round(eventsPerSecond)} events/s  ${waiting}`;
}
