import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  AuthenticationError,
  heartbeatV4,
  NetworkError,
  protocolErrors,
  Reader,
  ResponseError,
} from '@platformatic/kafka';
import type { ErrorCode } from '../../../../src/errors.ts';
import { isGroupMovedOn, kafkaError, protocolError } from '../../../../src/kafka/errors.ts';
import { errorName, faultFrom, faultOfCode, KafkaFault } from '../../../../src/kafka/native/cluster/fault.ts';

/** As a request of the library throws it. */
const refused = (code: number) => new ResponseError(12, 4, { '/': [code, null] }, { errorCode: code });

describe('a fault', () => {
  test('of an error code has the protocol’s name, and the broker’s own words where there are some', () => {
    const fault = faultOfCode(27, 'heartbeat of group g');
    assert.equal(fault.type, 'REBALANCE_IN_PROGRESS');
    assert.match(fault.message, /^heartbeat of group g: ./);
    assert.equal(faultOfCode(87, 'x', 'record 3 has no key').message, 'x: record 3 has no key');
  });

  test('of a code newer than this client has its number and is not retried for ever', () => {
    assert.equal(errorName(9_999), 'UNKNOWN_ERROR_9999');
    assert.equal(faultOfCode(9_999, 'x').retriable, false);
    assert.equal(kafkaError(faultOfCode(9_999, 'x'), 'y').code, 'E-KAFKA-REFUSED');
  });

  test('is retriable as the protocol says', () => {
    for (const [type, { code, canRetry }] of Object.entries(protocolErrors)) {
      if (code === 0) continue;
      assert.equal(errorName(code), type);
      assert.equal(faultOfCode(code, 'x').retriable, canRetry, type);
    }
  });

  test('of the library keeps the response and names the first error in it', () => {
    const thrown = new ResponseError(
      8,
      9,
      { '/topics/0/partitions/1': [22, null], '/topics/0/partitions/2': [25, null] },
      { topics: [] },
    );
    const fault = faultFrom(thrown, 'OffsetCommit v9 to b:1');
    assert.equal(fault.type, 'ILLEGAL_GENERATION');
    assert.deepEqual(fault.response, { topics: [] });
    assert.equal(fault.cause, thrown);
  });

  test('that is one already stays what it is', () => {
    const fault = new KafkaFault('TIMEOUT', 'late');
    assert.equal(faultFrom(fault, 'x'), fault);
  });

  test('of a lost connection is that, though the library calls it an authentication error', () => {
    const lost = new KafkaFault('NETWORK', 'b:1 closed the connection');
    assert.equal(
      faultFrom(new AuthenticationError('SASL authentication failed.', { cause: lost }), 'x'),
      lost,
    );
  });

  test('of an exchange that failed for its own reasons is one of credentials', () => {
    assert.equal(faultFrom(new AuthenticationError('Invalid server signature.'), 'x').type, 'AUTH');
  });
});

const cases: readonly (readonly [what: string, thrown: unknown, code: ErrorCode])[] = [
  ['a connection that was lost', new KafkaFault('NETWORK', 'lost'), 'E-KAFKA-UNREACHABLE'],
  ['no answer', new KafkaFault('TIMEOUT', 'late'), 'E-KAFKA-UNREACHABLE'],
  ['a client that was closed', new KafkaFault('CLOSED', 'closed'), 'E-KAFKA-UNREACHABLE'],
  ['files that cannot be read now', new KafkaFault('CREDENTIALS', 'gone'), 'E-KAFKA-UNREACHABLE'],
  ['wrong credentials', new KafkaFault('AUTH', 'no'), 'E-KAFKA-AUTH'],
  ['wrong credentials, by the broker', faultOfCode(58, 'x'), 'E-KAFKA-AUTH'],
  ['an old broker', new KafkaFault('UNSUPPORTED_VERSION', 'old'), 'E-KAFKA-REFUSED'],
  ['an answer that cannot be read', new KafkaFault('MALFORMED_RESPONSE', 'x'), 'E-KAFKA-REFUSED'],
  ['a topic that is missing', faultOfCode(3, 'x'), 'E-KAFKA-TOPIC-MISSING'],
  ['a topic that is not allowed', faultOfCode(29, 'x'), 'E-KAFKA-ACL'],
  ['a leader that moved', faultOfCode(6, 'x'), 'E-KAFKA-UNREACHABLE'],
  ['a broker that is starting', faultOfCode(8, 'x'), 'E-KAFKA-UNREACHABLE'],
  ['an assignor that others do not have', faultOfCode(23, 'x'), 'E-KAFKA-REFUSED'],
  ['the library’s refused request', refused(30), 'E-KAFKA-ACL'],
  ['the library’s request that may be sent again', refused(14), 'E-KAFKA-UNREACHABLE'],
  ['the library’s request that may not', refused(24), 'E-KAFKA-REFUSED'],
  ['the library’s lost connection', new NetworkError('Connection closed'), 'E-KAFKA-UNREACHABLE'],
  ['the library’s refused credentials', new AuthenticationError('no'), 'E-KAFKA-AUTH'],
  [
    'a connection lost during authentication',
    new AuthenticationError('failed', { cause: new NetworkError('closed') }),
    'E-KAFKA-UNREACHABLE',
  ],
];

for (const [what, thrown, code] of cases) {
  test(`${what} is ${code}, and its cause is kept`, () => {
    const error = kafkaError(thrown, 'reading topic t');
    assert.equal(error.code, code);
    assert.equal(error.cause, thrown);
  });
}

test('a group that moved on is told by the library’s errors and by ours', () => {
  for (const code of [22, 25, 27, 82]) {
    assert.ok(isGroupMovedOn(refused(code)), `code ${code}`);
    assert.ok(isGroupMovedOn(faultOfCode(code, 'x')), `code ${code}`);
  }
  assert.ok(!isGroupMovedOn(refused(16)));
  assert.equal(protocolError(refused(16)), 'NOT_COORDINATOR');
});

test('the library still throws its responses’ errors as this file takes them', () => {
  const answer = Reader.from(Buffer.of(0, 0, 0, 0, 0, 27, 0));
  assert.throws(
    () => heartbeatV4.parseResponse(0, 12, 4, answer),
    (thrown) => faultFrom(thrown, 'x').type === 'REBALANCE_IN_PROGRESS',
  );
});
