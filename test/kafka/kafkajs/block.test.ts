import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KafkaMessage } from 'kafkajs';
import { decodeHeaders } from '../../../src/kafka/headers.ts';
import { blockOfMessages } from '../../../src/kafka/kafkajs/block.ts';
import type { Lease } from '../../../src/pipeline/ports.ts';

const lease: Lease = { topic: 't', partition: 0, generation: 1, state: { kind: 'held' } };

const anyMessage = fc.record({
  key: fc.option(fc.uint8Array({ maxLength: 20 })),
  value: fc.option(fc.uint8Array({ maxLength: 60 })),
  timestamp: fc.constantFrom('-1', '0', '1700000000000'),
  headers: fc.dictionary(
    fc.string({ minLength: 1, maxLength: 8 }),
    fc.oneof(
      fc.uint8Array({ maxLength: 9 }),
      fc.array(fc.uint8Array({ maxLength: 9 }), { minLength: 1, maxLength: 3 }),
    ),
    { maxKeys: 3 },
  ),
});
type PlainMessage = typeof anyMessage extends fc.Arbitrary<infer T> ? T : never;

function message(plain: PlainMessage, offset: number): KafkaMessage {
  const buffer = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes));
  const headers = Object.fromEntries(
    Object.entries(plain.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map((each) => Buffer.from(each)) : Buffer.from(value),
    ]),
  );
  return {
    key: buffer(plain.key),
    value: buffer(plain.value),
    timestamp: plain.timestamp,
    offset: String(offset),
    attributes: 0,
    headers,
  };
}

test('a block holds what the messages held, for any part of a fetch', () => {
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 20 }), fc.nat(), fc.nat(), (plain, a, b) => {
      const messages = plain.map((each, i) => message(each, 100 + i * 3));
      const [start, end] = [a % (plain.length + 1), b % (plain.length + 1)].sort((x, y) => x - y) as [
        number,
        number,
      ];
      const block = blockOfMessages(lease, messages, start, end, 777, 999);
      assert.deepEqual([block.count, block.nextOffset, block.endOffset], [end - start, 777, 999]);
      for (let i = 0; i < block.count; i++) {
        const input = plain[start + i]!;
        const part = (slot: number) => {
          const [from, to] = [block.spans[i * 6 + slot]!, block.spans[i * 6 + slot + 1]!];
          return from < 0 ? null : [...block.bytes.subarray(from, to)];
        };
        assert.deepEqual(part(0), input.key === null ? null : [...input.key]);
        assert.deepEqual(part(2), input.value === null ? null : [...input.value]);
        const headers = decodeHeaders(block.bytes, block.spans[i * 6 + 4]!, block.spans[i * 6 + 5]!);
        const expected = Object.entries(input.headers).flatMap(([name, value]) =>
          (Array.isArray(value) ? value : [value]).map((each) => [name, [...each]]),
        );
        assert.deepEqual(
          headers.map(({ name, value }) => [name, [...value!]]),
          expected,
        );
        assert.equal(block.offsets[i], 100 + (start + i) * 3);
        assert.equal(block.timestamps[i], Number(input.timestamp));
      }
    }),
  );
});

test('null header values stay null, and what kafkajs mixes in under inherited names is dropped', () => {
  const headers = {
    gone: null,
    constructor: [Object, Buffer.from('mine')],
  } as unknown as KafkaMessage['headers'];
  const messages = [
    { ...message({ key: null, value: null, timestamp: '0', headers: {} }, 5), headers } as KafkaMessage,
  ];
  const block = blockOfMessages(lease, messages, 0, 1, 6, 6);
  const read = decodeHeaders(block.bytes, block.spans[4]!, block.spans[5]!);
  assert.deepEqual(
    read.map(({ name, value }) => [name, value === null ? null : Buffer.from(value).toString()]),
    [
      ['gone', null],
      ['constructor', 'mine'],
    ],
  );
});

test('an offset beyond 2^53 is refused', () => {
  const far = {
    ...message({ key: null, value: null, timestamp: '0', headers: {} }, 0),
    offset: '9007199254740993',
  };
  assert.throws(() => blockOfMessages(lease, [far as KafkaMessage], 0, 1, 1, 1), { code: 'E-KAFKA-OFFSET' });
});
