/** The world's events: a tiny wire format with a reader, a scorer and a writer, trivial on purpose. */
import {
  type Block,
  type ByteBuffer,
  type EventWriter,
  HEADERS_END,
  HEADERS_START,
  KEY_END,
  KEY_START,
  type Lease,
  type OutputValues,
  READ_OK,
  READ_SKIPPED,
  type RowReader,
  type RowReaders,
  type RowTarget,
  type Scorer,
  SPAN_STRIDE,
  VALUE_END,
  VALUE_START,
} from '../../src/pipeline/ports.ts';

export const KINDS = [
  'good',
  'rejected',
  'other-type',
  'tombstone',
  'unframed',
  'not-finite',
  'too-large',
] as const;
export type EventKind = (typeof KINDS)[number];

export interface SimulatedRecord {
  readonly offset: number;
  readonly kind: EventKind;
  /** Which event of the world it is. */
  readonly n: number;
  readonly key: Uint8Array | null;
  readonly schemaId: number;
  readonly timestamp: number;
  /** Raw; absent: none. */
  readonly headers?: Uint8Array;
}

export const REJECTED = 7;
export const THRESHOLD = 0.5;

export function scoreOf(n: number): number {
  return (n % 1000) / 1000;
}

/** `[0, schema id (4), kind, n (4)]`; an unframed one begins with 9. */
export function valueBytes({ kind, n, schemaId }: SimulatedRecord): Uint8Array | null {
  if (kind === 'tombstone') return null;
  const value = new Uint8Array(10);
  const view = new DataView(value.buffer);
  view.setUint8(0, kind === 'unframed' ? 9 : 0);
  view.setInt32(1, schemaId);
  view.setUint8(5, KINDS.indexOf(kind));
  view.setInt32(6, n);
  return value;
}

export function makeBlock(
  lease: Lease,
  records: readonly SimulatedRecord[],
  nextOffset = records.length === 0 ? 0 : records[records.length - 1].offset + 1,
  endOffset = nextOffset,
): Block {
  const parts: Uint8Array[] = [];
  const spans = new Int32Array(records.length * SPAN_STRIDE).fill(-1);
  let length = 0;
  const put = (bytes: Uint8Array | null, at: number, startSlot: number, endSlot: number) => {
    if (bytes === null) return;
    spans[at + startSlot] = length;
    length += bytes.length;
    spans[at + endSlot] = length;
    parts.push(bytes);
  };
  records.forEach((record, index) => {
    const at = index * SPAN_STRIDE;
    put(record.key, at, KEY_START, KEY_END);
    put(valueBytes(record), at, VALUE_START, VALUE_END);
    put(record.headers ?? Uint8Array.of(0), at, HEADERS_START, HEADERS_END);
  });
  return {
    lease,
    bytes: new Uint8Array(Buffer.concat(parts)),
    count: records.length,
    spans,
    offsets: Float64Array.from(records, (record) => record.offset),
    timestamps: Float64Array.from(records, (record) => record.timestamp),
    nextOffset,
    endOffset,
  };
}

function kindAt(bytes: Uint8Array, start: number): EventKind {
  const kind = KINDS[bytes[start + 5]];
  if (kind === undefined) throw new Error('bytes were read after their release');
  return kind;
}

function nAt(bytes: Uint8Array, start: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(start);
}

class SimulatedReader implements RowReader {
  readonly schemaId: number;

  constructor(schemaId: number) {
    this.schemaId = schemaId;
  }

  read(bytes: Uint8Array, start: number, _end: number, row: number, target: RowTarget): number {
    const kind = kindAt(bytes, start);
    if (kind === 'rejected') return REJECTED;
    if (kind === 'other-type') return READ_SKIPPED;
    target.inputs[0].values[row] = kind === 'not-finite' ? Number.NaN : nAt(bytes, start + 6);
    target.spans[2 * row] = start + 6;
    target.spans[2 * row + 1] = 4;
    target.eventTimes[row] = Number.NaN;
    return READ_OK;
  }

  explain(result: number) {
    return { code: 'E-FEATURE-RANGE', detail: `result ${result}` } as const;
  }

  idOf(bytes: Uint8Array, start: number): string {
    return String(nAt(bytes, start + 6));
  }
}

/** Readers of any schema id; each is at hand once `fetch` has resolved for it. */
export class SimulatedReaders implements RowReaders {
  readonly #ready = new Map<number, RowReader>();
  readonly #fetch: (schemaId: number) => Promise<void>;

  constructor(fetch: (schemaId: number) => Promise<void> = () => Promise.resolve()) {
    this.#fetch = fetch;
  }

  schemaIdOf(bytes: Uint8Array, start: number): number {
    return bytes[start] === 0 ? new DataView(bytes.buffer, bytes.byteOffset).getInt32(start + 1) : -1;
  }

  ready(schemaId: number): RowReader | undefined {
    return this.#ready.get(schemaId);
  }

  async load(schemaId: number): Promise<void> {
    await this.#fetch(schemaId);
    this.#ready.set(schemaId, new SimulatedReader(schemaId));
  }
}

export function simulatedScorer(
  beforeRun: (rows: number) => Promise<void> = () => Promise.resolve(),
): Scorer {
  return {
    name: 'simulated',
    version: '1.0.0',
    digest: '0123456789abcdef',
    outputs: [{ name: 'score', type: 'float64' }],
    newInputs: (maxRows) => [{ name: 'n', columns: 1, type: 'float64', values: new Float64Array(maxRows) }],
    newOutputs: (maxRows) => [{ name: 'score', kind: 'number', values: new Float64Array(maxRows) }],
    run: async (inputs, rows, outputs) => {
      await beforeRun(rows);
      for (let row = 0; row < rows; row++) outputs[0].values[row] = scoreOf(inputs[0].values[row] as number);
    },
    close: () => Promise.resolve(),
  };
}

/** Writes `[n (4), decision, score (8)]`, `n` by its span, so that bytes reused too early show. */
export const simulatedWriter: EventWriter = {
  write(
    out: ByteBuffer,
    row: number,
    target: RowTarget,
    outputs: readonly OutputValues[],
    decision: number,
    block: Block,
  ): void {
    const view = new DataView(out.bytes.buffer, out.length);
    view.setInt32(0, nAt(block.bytes, target.spans[2 * row]));
    view.setUint8(4, decision);
    view.setFloat64(5, outputs[0].values[row] as number);
    out.length += 13;
  },
};

export function readScored(value: Uint8Array): { n: number; decision: number; score: number } {
  const view = new DataView(value.buffer, value.byteOffset);
  return { n: view.getInt32(0), decision: view.getUint8(4), score: view.getFloat64(5) };
}
