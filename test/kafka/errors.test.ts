import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import { isGroupMovedOn, isRecordRefused, isTooLarge, kafkaError } from '../../src/kafka/errors.ts';

const require = createRequire(import.meta.url);
const errors = require('kafkajs/src/errors');
const { createErrorFromCode } = require('kafkajs/src/protocol/error');

/** As kafkajs wraps what it gave up retrying. */
function exhausted(cause: Error): Error {
  return new errors.KafkaJSNumberOfRetriesExceeded(cause, { retryCount: 5, retryTime: 1 });
}

const cases: [string, unknown, string][] = [
  ['a broker that is down', new errors.KafkaJSConnectionError('connect ECONNREFUSED'), 'E-KAFKA-UNREACHABLE'],
  ['retries exhausted', exhausted(new errors.KafkaJSConnectionClosedError('Closed')), 'E-KAFKA-UNREACHABLE'],
  ['a timeout', new errors.KafkaJSRequestTimeoutError('timed out'), 'E-KAFKA-UNREACHABLE'],
  ['no broker', new errors.KafkaJSNoBrokerAvailableError(), 'E-KAFKA-UNREACHABLE'],
  ['a port that speaks no Kafka', new Error('Broker not connected'), 'E-KAFKA-UNREACHABLE'],
  ['a leader that moved', createErrorFromCode(6), 'E-KAFKA-UNREACHABLE'],
  ['a broker that is not available', createErrorFromCode(8), 'E-KAFKA-UNREACHABLE'],
  ['too few replicas', exhausted(createErrorFromCode(19)), 'E-KAFKA-UNREACHABLE'],
  ['a missing topic', exhausted(createErrorFromCode(3)), 'E-KAFKA-TOPIC-MISSING'],
  ['wrong credentials', new errors.KafkaJSSASLAuthenticationError('SASL PLAIN failed'), 'E-KAFKA-AUTH'],
  ['wrong credentials, by code', createErrorFromCode(58), 'E-KAFKA-AUTH'],
  ['a certificate not trusted', new errors.KafkaJSConnectionError('self-signed certificate'), 'E-KAFKA-AUTH'],
  ['a topic not allowed', createErrorFromCode(29), 'E-KAFKA-ACL'],
  [
    'a group not allowed',
    new errors.KafkaJSNonRetriableError('x', { cause: createErrorFromCode(30) }),
    'E-KAFKA-ACL',
  ],
  ['another assignor', createErrorFromCode(23), 'E-KAFKA-REFUSED'],
  [
    'an unknown codec',
    new errors.KafkaJSNotImplemented('Snappy compression not implemented'),
    'E-KAFKA-CAPABILITY',
  ],
  ['a bug', new TypeError('x is not a function'), 'E-INTERNAL'],
];

for (const [what, thrown, code] of cases) {
  test(`${what} is ${code}, and its cause is kept`, () => {
    const error = kafkaError(thrown, 'reading topic t');
    assert.equal(error.code, code);
    assert.equal(error.cause, thrown);
    assert.match(error.message, /^reading topic t: .+/);
  });
}

test('a TidemarkError stays what it is', () => {
  const error = new TidemarkError('E-KAFKA-OFFSET', 'too far');
  assert.equal(kafkaError(error, 'anything'), error);
});

test('a group that moved on is told from a group that cannot be reached', () => {
  for (const code of [22, 25, 27, 82]) assert.ok(isGroupMovedOn(createErrorFromCode(code)), `code ${code}`);
  for (const code of [14, 15, 16, 7]) assert.ok(!isGroupMovedOn(createErrorFromCode(code)), `code ${code}`);
});

test('what the broker has against a record is told from what it has against the moment', () => {
  assert.ok(isTooLarge(exhausted(createErrorFromCode(10))));
  assert.ok(isTooLarge(createErrorFromCode(18)));
  assert.ok(isRecordRefused(createErrorFromCode(87)) && !isTooLarge(createErrorFromCode(87)));
  assert.ok(!isRecordRefused(createErrorFromCode(2)), 'a checksum that failed on the way is sent again');
});
