import fc from 'fast-check';
import { encodeHeaders, type Header } from '../../src/kafka/headers.ts';
import type { Block } from '../../src/pipeline/ports.ts';

const anyHeader: fc.Arbitrary<Header> = fc.record({
  name: fc.oneof(
    fc.constantFrom('model-name', 'model-version', 'source', 'sourc', 'trace'),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
  ),
  value: fc.option(fc.uint8Array({ maxLength: 80 }), { freq: 5 }),
});

export const anyHeaders: fc.Arbitrary<Header[]> = fc.array(anyHeader, { maxLength: 30 });

export interface PlainRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly Header[];
  readonly offset: number;
  readonly timestamp: number;
}

export const anyRecord: fc.Arbitrary<PlainRecord> = fc.record({
  key: fc.option(fc.uint8Array({ maxLength: 100 }), { freq: 4 }),
  value: fc.option(fc.uint8Array({ maxLength: 300 }), { freq: 4 }),
  headers: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: anyHeaders }),
  offset: fc.oneof(fc.nat(1000), fc.maxSafeNat()),
  timestamp: fc.oneof(fc.constantFrom(-1, 0, 1_700_000_000_000), fc.nat(2 ** 45)),
});

/** A block as any client might lay it out. */
export function blockOf(records: readonly PlainRecord[], topic = 'input', partition = 7): Block {
  const parts: Uint8Array[] = [];
  let length = 0;
  const put = (bytes: Uint8Array | null): [number, number] => {
    if (bytes === null) return [-1, -1];
    parts.push(bytes);
    length += bytes.length;
    return [length - bytes.length, length];
  };
  const spans = records.flatMap(({ key, value, headers }) => [
    ...put(key),
    ...put(value),
    ...put(encodeHeaders(headers)),
  ]);
  return {
    lease: { topic, partition, generation: 1, state: { kind: 'held' } },
    bytes: Buffer.concat(parts),
    count: records.length,
    spans: Int32Array.from(spans),
    offsets: Float64Array.from(records, (record) => record.offset),
    timestamps: Float64Array.from(records, (record) => record.timestamp),
    nextOffset: (records.at(-1)?.offset ?? 0) + 1,
    endOffset: (records.at(-1)?.offset ?? 0) + 1,
  };
}
