import type { Lease } from '../../src/pipeline/ports.ts';
import {
  type EventKind,
  readScored,
  type SimulatedRecord,
  scoreOf,
  THRESHOLD,
  valueBytes,
} from './simulationEvents.ts';
import type { SeededRandom } from './simulationRandom.ts';
import { spanOf } from './simulationTraces.ts';

export const SCORED = 'scored';
export const DEAD = 'dead';

const CODES: Partial<Record<EventKind, string>> = {
  rejected: 'E-FEATURE-RANGE',
  unframed: 'E-AVRO-FRAME',
  'not-finite': 'E-SCORE-NOT-FINITE',
  'too-large': 'E-RECORD-TOO-LARGE',
};

export interface InputPartition {
  readonly records: readonly SimulatedRecord[];
  readonly endOffset: number;
  /** The group's committed offset. */
  committed: number;
}

/** One record in a topic that the pipeline writes. */
export interface Written {
  readonly topic: string;
  readonly partition: number;
  /** Undefined: written by another member of the group. */
  readonly lease: Lease | undefined;
  readonly from: number;
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: ReadonlyMap<string, string>;
  readonly timestampMs: number;
}

/** The topics and the group's offsets, which outlive every process, and the judge of what processes do to them. */
export class SimulatedBroker {
  readonly inputs: InputPartition[];
  readonly outputPartitions: number;
  readonly written: Written[] = [];
  readonly violations: string[] = [];
  generation = 0;
  mostBlocks = 0;
  mostSends = 0;
  readonly #acknowledged = new Set<string>();
  readonly #handedOut = new Map<string, number>();

  constructor(inputs: InputPartition[], outputPartitions: number) {
    this.inputs = inputs;
    this.outputPartitions = outputPartitions;
  }

  get isDone(): boolean {
    return this.inputs.every(({ committed, endOffset }) => committed === endOffset);
  }

  violated(what: string): void {
    this.violations.push(what);
  }

  /** A process was given this record to read. */
  handOut(partition: number, offset: number): void {
    const at = `${partition}@${offset}`;
    this.#handedOut.set(at, (this.#handedOut.get(at) ?? 0) + 1);
  }

  write(record: Written): void {
    this.written.push(record);
    this.#judge(record);
  }

  acknowledge(record: Written): void {
    this.#acknowledged.add(`${record.from}@${record.offset}`);
  }

  /** P1: nothing below a committed offset lacks its acknowledged outcome. */
  commit(partition: number, offset: number): void {
    const input = this.inputs[partition];
    if (offset < input.committed || offset > input.endOffset)
      this.violated(`P1: ${partition} committed ${offset} after ${input.committed}, end ${input.endOffset}`);
    for (const record of input.records) {
      if (record.offset < input.committed || record.offset >= offset) continue;
      if (!this.hasOutcome(partition, record))
        this.violated(`P1: ${partition} committed ${offset} past ${record.kind} @${record.offset}`);
    }
    input.committed = offset;
  }

  hasOutcome(partition: number, record: SimulatedRecord): boolean {
    if (record.kind === 'tombstone' || record.kind === 'other-type') return true;
    return this.#acknowledged.has(`${partition}@${record.offset}`);
  }

  /** Another member of the group has the partition for a while and goes on with it. */
  scoreElsewhere(partition: number, count: number): void {
    const input = this.inputs[partition];
    const next = input.records.filter(({ offset }) => offset >= input.committed).slice(0, count);
    for (const record of next) {
      this.handOut(partition, record.offset);
      if (record.kind === 'tombstone' || record.kind === 'other-type') continue;
      this.acknowledge({ ...UNSEEN, from: partition, offset: record.offset });
    }
    if (next.length > 0) this.commit(partition, next[next.length - 1].offset + 1);
  }

  /** Somebody wants nothing of what lies below `offset`: the group goes on there. */
  skipTo(partition: number, offset: number): void {
    const input = this.inputs[partition];
    for (const record of input.records) {
      if (record.offset < input.committed || record.offset >= offset) continue;
      this.acknowledge({ ...UNSEEN, from: partition, offset: record.offset });
    }
    this.commit(partition, offset);
  }

  /** What must hold once everything was read to the end. */
  judgeWhole(): void {
    const seen = new Map<string, number>();
    const highest = new Map<string, number>();
    for (const { topic, partition, from, offset } of this.written) {
      const at = `${from}@${offset}`;
      const count = (seen.get(at) ?? 0) + 1;
      seen.set(at, count);
      if (count > (this.#handedOut.get(at) ?? 0)) this.violated(`duplicate: ${at} has ${count} outcomes`);
      if (topic === DEAD) continue;
      // P2: a source partition's records come in order wherever they go: those of one key go to one partition.
      const road = `${from} to ${topic}/${partition}`;
      if (count === 1 && offset < (highest.get(road) ?? -1)) this.violated(`P2: ${at} late on ${road}`);
      highest.set(road, Math.max(highest.get(road) ?? -1, offset));
    }
    this.inputs.forEach(({ records, committed, endOffset }, partition) => {
      if (committed !== endOffset) this.violated(`${partition} ends at ${endOffset}, committed ${committed}`);
      for (const record of records)
        if (!this.hasOutcome(partition, record)) this.violated(`P1: ${partition}@${record.offset} is lost`);
    });
  }

  /** P5 and P6: the right outcome, untouched, with what it must say. */
  #judge({ topic, partition, from, offset, key, value, headers }: Written): void {
    const at = `${from}@${offset} in ${topic}/${partition}`;
    const record = this.inputs[from].records.find((candidate) => candidate.offset === offset);
    if (record === undefined || value === null) {
      this.violated(`${at}: nothing like it was read`);
      return;
    }
    if (!same(key, record.key)) this.violated(`${at}: another key`);
    if (headers.get('source') !== `in/${from}@${offset}`) this.violated(`P6: ${at} names another source`);
    const span = headers.get('traceparent');
    if (span !== undefined && span !== spanOf(`in/${from}@${offset}`))
      this.violated(`${at} names the span of another record`);
    if (headers.get('model-name') !== 'simulated') this.violated(`P6: ${at} names no model`);
    if (topic === DEAD) {
      const code = CODES[record.kind] ?? `none, it is ${record.kind}`;
      if (headers.get('error-code') !== code)
        this.violated(`P5: ${at}: ${headers.get('error-code')} for ${code}`);
      if (!same(value, valueBytes(record))) this.violated(`P5: ${at}: the dead letter is not the record`);
      return;
    }
    const { n, decision, score } = readScored(value);
    if (record.kind !== 'good') this.violated(`P5: ${at}: ${record.kind} was scored`);
    if (n !== record.n || score !== scoreOf(record.n)) this.violated(`${at}: ${n} scored ${score}`);
    if (decision !== (score >= THRESHOLD ? 0 : 1)) this.violated(`${at}: decision ${decision} for ${score}`);
  }
}

const UNSEEN: Omit<Written, 'from' | 'offset'> = {
  topic: '',
  partition: 0,
  lease: undefined,
  key: null,
  value: null,
  headers: new Map(),
  timestampMs: 0,
};

function same(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}

/** Partitions with records of all kinds, gaps between them and after the last. */
export function makeInputs(random: SeededRandom, partitions: number, records: number): InputPartition[] {
  let n = 0;
  return Array.from({ length: partitions }, (_, partition) => {
    const badPercent = random.pick([0, 5, 40]);
    const list: SimulatedRecord[] = [];
    let offset = random.between(0, 3);
    const start = offset;
    for (let i = random.between(0, records); i > 0; i--) {
      if (random.chance(15)) offset += random.between(1, 5);
      const kind = random.chance(badPercent) ? random.pick(BAD) : 'good';
      const key = random.chance(10) ? null : Buffer.from(`key-${partition}-${random.between(0, 3)}`);
      const schemaId = random.chance(10) ? random.between(2, 4) : 1;
      list.push({
        offset: offset++,
        kind,
        n: n++,
        key,
        schemaId,
        timestamp: random.chance(5) ? -1 : 1000 + n,
      });
    }
    return { records: list, endOffset: offset + random.between(0, 2), committed: start };
  });
}

const BAD: readonly EventKind[] = [
  'rejected',
  'other-type',
  'tombstone',
  'unframed',
  'not-finite',
  'too-large',
];
