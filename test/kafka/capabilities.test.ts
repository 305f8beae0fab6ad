import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingCapabilities } from '../../src/kafka/capabilities.ts';
import { kafkajsCapabilities } from '../../src/kafka/kafkajs/capabilities.ts';

test('what kafkajs can do is not refused', () => {
  assert.deepEqual(
    missingCapabilities(kafkajsCapabilities, {
      delivery: 'at-least-once',
      compression: 'gzip',
      staticMembership: false,
    }),
    [],
  );
});

test('what it cannot is refused in a sentence each', () => {
  const missing = missingCapabilities(kafkajsCapabilities, {
    delivery: 'exactly-once',
    compression: 'zstd',
    staticMembership: true,
  });
  assert.deepEqual(missing, [
    'client kafkajs cannot do delivery: exactly-once; it offers at-least-once',
    'client kafkajs cannot do compression: zstd; it offers none, gzip',
    'client kafkajs cannot do static membership (kafka.instance_id)',
  ]);
});
