import { HeaderCursor } from '../../../../src/kafka/headers.ts';
import type { BatchFault } from '../../../../src/kafka/native/wire/batchHeader.ts';
import {
  type BatchLimits,
  BatchReader,
  type BlockLimits,
  type TransactionFilter,
} from '../../../../src/kafka/native/wire/batchReader.ts';
import { RecordSpans } from '../../../../src/kafka/native/wire/recordSpans.ts';
import { SPAN_STRIDE } from '../../../../src/pipeline/ports.ts';
import type { PlainRecord } from './plain.ts';

export interface ReadBlock {
  readonly records: readonly PlainRecord[];
  readonly bytes: Buffer;
  readonly nextOffset: number;
  readonly leaderEpoch: number;
}

export interface Read {
  readonly blocks: readonly ReadBlock[];
  readonly records: readonly PlainRecord[];
  readonly nextOffset: number;
  readonly fault: BatchFault | undefined;
}

const NO_LIMITS: BatchLimits & BlockLimits = {
  maxBatchBytes: 2 ** 30,
  maxUncompressedBytes: 2 ** 30,
  maxRecords: 2 ** 20,
  maxBytes: 2 ** 30,
};

/** Reads `bytes[start, end)` to its end, block by block, and takes copies of all records. */
export function readAll(
  bytes: Buffer,
  {
    from = 0,
    start = 0,
    end = bytes.length,
    transactions,
    ...limits
  }: Partial<BatchLimits & BlockLimits> & {
    from?: number;
    start?: number;
    end?: number;
    transactions?: TransactionFilter;
  } = {},
): Read {
  const all = { ...NO_LIMITS, ...limits };
  const reader = new BatchReader(all);
  const spans = new RecordSpans(1);
  const blocks: ReadBlock[] = [];
  reader.begin(bytes, start, end, from);
  while (reader.readBlock(spans, all, transactions)) {
    const { bytes: array, nextOffset, leaderEpoch } = reader;
    blocks.push({ records: recordsOf(array, spans), bytes: array, nextOffset, leaderEpoch });
  }
  const records = blocks.flatMap((block) => block.records);
  return { blocks, records, nextOffset: reader.nextOffset, fault: reader.fault };
}

function recordsOf(bytes: Buffer, { spans, offsets, timestamps, count }: RecordSpans): PlainRecord[] {
  const records: PlainRecord[] = [];
  for (let i = 0; i < count; i++) {
    const [keyStart, keyEnd, valueStart, valueEnd, headersStart, headersEnd] = spans.subarray(
      i * SPAN_STRIDE,
      (i + 1) * SPAN_STRIDE,
    ) as unknown as [number, number, number, number, number, number];
    records.push({
      offset: offsets[i]!,
      timestamp: timestamps[i]!,
      key: copyOf(bytes, keyStart, keyEnd),
      value: copyOf(bytes, valueStart, valueEnd),
      headers: headersOf(bytes, headersStart, headersEnd),
    });
  }
  return records;
}

function headersOf(bytes: Buffer, start: number, end: number): PlainRecord['headers'] {
  const cursor = new HeaderCursor();
  const headers: [Uint8Array, Uint8Array | null][] = [];
  cursor.begin(bytes, start, end);
  while (cursor.next()) {
    const name = copyOf(bytes, cursor.nameStart, cursor.nameEnd);
    headers.push([name ?? Buffer.alloc(0), copyOf(bytes, cursor.valueStart, cursor.valueEnd)]);
  }
  return headers;
}

function copyOf(bytes: Buffer, start: number, end: number): Uint8Array | null {
  return start < 0 ? null : Buffer.from(bytes.subarray(start, end));
}

/** Records as text, so that records whose bytes are of different classes compare equal. */
export function shown(records: readonly PlainRecord[]): unknown[] {
  const hex = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('hex'));
  return records.map(({ offset, timestamp, key, value, headers }) => ({
    offset,
    timestamp,
    key: hex(key),
    value: hex(value),
    headers: headers.map(([name, of]) => [hex(name), hex(of)]),
  }));
}
