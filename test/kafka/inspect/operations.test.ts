import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operationsOf } from '../../../src/kafka/inspect/operations.ts';

/** As a broker of Kafka 4.1 without an authorizer answers for a topic. */
const OF_A_TOPIC = 3576;

test('bits are operations by their codes in the protocol', () => {
  assert.deepEqual(
    [...operationsOf(OF_A_TOPIC)!],
    ['Read', 'Write', 'Create', 'Delete', 'Alter', 'Describe', 'DescribeConfigs', 'AlterConfigs'],
  );
  assert.deepEqual([...operationsOf(0)!], []);
});

test('a broker that does not say leaves nothing to judge by', () => {
  assert.equal(operationsOf(-2_147_483_648), undefined);
});
