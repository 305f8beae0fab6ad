import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { murmur2, partitionOfKey } from '../../src/kafka/murmur2.ts';

const kafkajsMurmur2 = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2');

test('murmur2 is Java’s', () => {
  // org.apache.kafka.common.utils.UtilsTest.testMurmur2.
  const vectors: [string, number][] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ];
  for (const [text, hash] of vectors) {
    const bytes = Buffer.from(text);
    assert.equal(murmur2(bytes, 0, bytes.length), hash, text);
  }
});

test('murmur2 of any bytes, anywhere, is what kafkajs computes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(5), (key, shift) => {
      const bytes = new Uint8Array(key.length + shift + 2).fill(0xee);
      bytes.set(key, shift);
      assert.equal(murmur2(bytes, shift, shift + key.length), kafkajsMurmur2(Buffer.from(key)));
    }),
  );
});

test('a key goes where kafkajs’s Java-compatible partitioner sends it', () => {
  const partition = Partitioners.DefaultPartitioner();
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 64 }),
      (key, partitions) => {
        const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
          partitionId,
          leader: 1,
          partitionErrorCode: 0,
          replicas: [1],
          isr: [1],
        }));
        const message = { key: Buffer.from(key), value: null };
        const expected = partition({ topic: 't', partitionMetadata, message });
        assert.equal(partitionOfKey(key, 0, key.length, partitions), expected);
      },
    ),
  );
});
