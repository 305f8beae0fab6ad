import fc from 'fast-check';
import { EncodedRecords } from '../../../../src/kafka/records.ts';
import { EncodedStamp } from '../../../../src/kafka/stamp.ts';
import { anyRecord, blockOf, type PlainRecord as Incoming } from '../../arbitraries.ts';
import type { PlainRecord } from './plain.ts';

/** One record to write: key and headers of an incoming record, a value, a timestamp. */
export interface Written {
  readonly incoming: Incoming;
  readonly value: Uint8Array | null;
  readonly timestamp: number;
}

export const anyWritten: fc.Arbitrary<Written> = fc.record({
  incoming: anyRecord,
  value: fc.option(fc.uint8Array({ maxLength: 300 }), { freq: 6 }),
  timestamp: fc.oneof(fc.integer({ min: 1_700_000_000_000, max: 1_700_000_010_000 }), fc.nat(2 ** 42)),
});

export function encodedOf(written: readonly Written[], headRoom = 0): EncodedRecords {
  const records = new EncodedRecords('topic', 0, headRoom);
  appendTo(records, written);
  return records;
}

export function appendTo(records: EncodedRecords, written: readonly Written[]): void {
  const stamp = new EncodedStamp([], false);
  const block = blockOf(written.map(({ incoming }) => incoming));
  written.forEach(({ value, timestamp }, i) => {
    const start = value === null ? -1 : 0;
    records.append(block, i, value ?? new Uint8Array(0), start, value?.length ?? 0, timestamp, stamp);
  });
}

/** What a reader must find in a batch at `baseOffset`. */
export function expectedOf(written: readonly Written[], baseOffset = 0): PlainRecord[] {
  return written.map(({ incoming, value, timestamp }, i) => ({
    offset: baseOffset + i,
    timestamp,
    key: incoming.key,
    value,
    headers: incoming.headers.map(({ name, value: of }) => [Buffer.from(name), of]),
  }));
}
