/** Ports that do what a test tells them, one step at a time. */
import { Pipeline, type PipelineParts, type PipelinePlan } from '../../src/pipeline/pipeline.ts';
import type {
  Block,
  Lease,
  LeaseState,
  Position,
  RecordBuffer,
  Refusal,
  Scorer,
  SeekResult,
  SeekTarget,
  Sink,
  Source,
  SourceEvents,
} from '../../src/pipeline/ports.ts';
import { DEAD, SCORED } from './simulationBroker.ts';
import { SimulatedClock } from './simulationClock.ts';
import {
  type EventKind,
  makeBlock,
  SimulatedReaders,
  type SimulatedRecord,
  simulatedScorer,
  simulatedWriter,
  THRESHOLD,
} from './simulationEvents.ts';
import { SimulatedRecords, SimulatedStamp } from './simulationSink.ts';
import { SimulatedTelemetry } from './simulationTelemetry.ts';

export function makeLease(partition = 0, generation = 1): Lease {
  return { topic: 'in', partition, generation, state: { kind: 'held' } };
}

/** Records of these kinds at offsets from `from` on; each `n` is its offset. */
export function recordsOf(kinds: readonly EventKind[], from = 0, schemaId = 1): SimulatedRecord[] {
  return kinds.map((kind, i) => {
    const offset = from + i;
    return { offset, kind, n: offset, key: Buffer.from(`key-${offset}`), schemaId, timestamp: 1000 + offset };
  });
}

export function blockOf(lease: Lease, kinds: readonly EventKind[], from = 0, schemaId = 1): Block {
  return makeBlock(lease, recordsOf(kinds, from, schemaId), from + kinds.length);
}

export class ManualSource implements Source {
  readonly capabilities = {
    name: 'manual',
    deliveries: ['at-least-once'],
    readCommitted: 'full',
    drainsBeforeRevoke: 'full',
    staticMembership: false,
    compression: [],
    seek: true,
  } as const;
  readonly released: Block[] = [];
  readonly commits: Position[][] = [];
  readonly seeks: { lease: Lease; to: SeekTarget }[] = [];
  /** What a seek comes to. */
  sought: SeekResult = { kind: 'refused', why: 'nothing was prepared' };
  /** What a commit answers. */
  answer: () => Promise<'committed' | 'refused'> = () => Promise.resolve('committed');
  starting: () => Promise<void> = () => Promise.resolve();
  readonly #blocks: Block[] = [];
  #asked: PromiseWithResolvers<Block | undefined> | undefined;
  #events: SourceEvents | undefined;

  get isAsked(): boolean {
    return this.#asked !== undefined;
  }

  start(events: SourceEvents): Promise<void> {
    this.#events = events;
    return this.starting();
  }

  next(): Promise<Block | undefined> {
    const block = this.#blocks.shift();
    if (block !== undefined) return Promise.resolve(block);
    this.#asked = Promise.withResolvers();
    return this.#asked.promise;
  }

  give(block: Block): void {
    if (this.#asked === undefined) this.#blocks.push(block);
    else this.#asked.resolve(block);
    this.#asked = undefined;
  }

  end(): void {
    this.#asked?.resolve(undefined);
  }

  refuse(cause: Error): void {
    this.#asked?.reject(cause);
  }

  release(block: Block): void {
    this.released.push(block);
  }

  commit(positions: readonly Position[]): Promise<'committed' | 'refused'> {
    this.commits.push([...positions]);
    return this.answer();
  }

  seek(lease: Lease, to: SeekTarget): Promise<SeekResult> {
    this.seeks.push({ lease, to });
    return Promise.resolve(this.sought);
  }

  stop = () => Promise.resolve();

  grant(...leases: Lease[]): void {
    this.#events?.granted(leases);
  }

  begins(lease: Lease, offset: number): void {
    this.#events?.begins(lease, offset);
  }

  ending(deadlineMs: number, ...leases: Lease[]): Promise<void> {
    for (const lease of leases) lease.state = { kind: 'ending', deadlineMs };
    return this.#events?.ending(leases, deadlineMs) ?? Promise.resolve();
  }

  lose(...leases: Lease[]): void {
    const gone: LeaseState = { kind: 'gone', reason: 'lost' };
    for (const lease of leases) lease.state = gone;
    this.#events?.gone(leases);
  }
}

export interface Send {
  readonly buffers: readonly SimulatedRecords[];
  acknowledge(refusals?: readonly Refusal[]): void;
  reject(cause: Error): void;
}

export class ManualSink implements Sink {
  readonly sends: Send[] = [];
  readonly released: RecordBuffer[] = [];
  /** Otherwise each send waits for the test. */
  acknowledges = true;
  readonly partitions: number;

  constructor(partitions = 4) {
    this.partitions = partitions;
  }

  start = () => Promise.resolve();
  stop = () => Promise.resolve();
  partitionCount = () => Promise.resolve(this.partitions);
  newRecords = (topic: string, partition: number) => new SimulatedRecords(topic, partition);
  newStamp = (headers: readonly (readonly [string, string])[], options: { source: boolean }) =>
    new SimulatedStamp(headers, options);
  /** The last digit of the key. */
  partitionOfKey = (bytes: Uint8Array, _start: number, end: number, partitions: number) =>
    (bytes[end - 1] - 0x30) % partitions;

  release(records: RecordBuffer): void {
    this.released.push(records);
  }

  send(buffers: readonly RecordBuffer[]): Promise<readonly Refusal[]> {
    const answer = Promise.withResolvers<readonly Refusal[]>();
    this.sends.push({
      buffers: buffers as readonly SimulatedRecords[],
      acknowledge: (refusals = []) => answer.resolve(refusals),
      reject: answer.reject,
    });
    if (this.acknowledges) answer.resolve([]);
    return answer.promise;
  }

  /** `partition@offset` of every record sent to a topic, in order. */
  sent(topic: string): string[] {
    const records = this.sends.flatMap(({ buffers }) => buffers.flatMap((buffer) => buffer.records));
    return records.filter((record) => record.topic === topic).map(({ from, offset }) => `${from}@${offset}`);
  }
}

export const PLAN: PipelinePlan = {
  maxRows: 4,
  maxDelayMs: 10,
  maxInFlightBytes: 1_000_000,
  carriedFields: 1,
  features: 1,
  encode: {
    partitions: { topic: SCORED, count: 4, partitioner: 'source' },
    decision: { output: 0, atLeast: Float64Array.of(THRESHOLD) },
    timestamp: 'event',
  },
  deadLetterPartitions: { topic: DEAD, count: 4, partitioner: 'key' },
  facts: { pipeline: 'bench', model: 'simulated', version: '1.0.0' },
  commitEveryMs: 100,
  latencyFrom: 'record',
  watchdogMs: 1000,
};

export interface Bench {
  readonly clock: SimulatedClock;
  readonly source: ManualSource;
  readonly sink: ManualSink;
  readonly telemetry: SimulatedTelemetry;
  readonly pipeline: Pipeline;
  /** How `run` ended, once it has: undefined when drained, else the code. */
  ended: { readonly code: string | undefined } | undefined;
}

export interface BenchParts {
  readonly plan?: Partial<PipelinePlan>;
  readonly scorer?: Scorer;
  readonly load?: (schemaId: number) => Promise<void>;
  readonly source?: ManualSource;
  readonly tracing?: PipelineParts['tracing'];
}

/** A pipeline that runs, with every lease given granted. */
export async function startBench(parts: BenchParts, ...leases: Lease[]): Promise<Bench> {
  const clock = new SimulatedClock();
  const source = parts.source ?? new ManualSource();
  const sink = new ManualSink();
  const telemetry = new SimulatedTelemetry();
  const readers = new SimulatedReaders(parts.load);
  const scorer = parts.scorer ?? simulatedScorer();
  const pipeline = new Pipeline(
    { ...PLAN, ...parts.plan },
    { source, sink, readers, scorer, writer: simulatedWriter, telemetry, clock, tracing: parts.tracing },
  );
  const bench: Bench = { clock, source, sink, telemetry, pipeline, ended: undefined };
  pipeline.run().then(
    () => {
      bench.ended = { code: undefined };
    },
    (cause) => {
      bench.ended = { code: cause.code ?? `no code: ${cause}` };
    },
  );
  await clock.advance(0);
  if (leases.length > 0) source.grant(...leases);
  return bench;
}
