import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KafkaFault } from '../../../../src/kafka/native/cluster/fault.ts';
import { groupFault } from '../../../../src/kafka/native/group/groupFault.ts';
import { type Verdict, verdictOf } from '../../../../src/kafka/native/group/verdict.ts';

const MEANINGS: readonly [type: string, verdict: Verdict, code: string][] = [
  ['REBALANCE_IN_PROGRESS', 'rebalance', 'E-KAFKA-UNREACHABLE'],
  ['MEMBER_ID_REQUIRED', 'id-required', 'E-KAFKA-REFUSED'],
  ['UNKNOWN_MEMBER_ID', 'unknown', 'E-KAFKA-UNREACHABLE'],
  ['ILLEGAL_GENERATION', 'stale', 'E-KAFKA-UNREACHABLE'],
  ['COORDINATOR_LOAD_IN_PROGRESS', 'loading', 'E-KAFKA-UNREACHABLE'],
  ['NOT_COORDINATOR', 'moved', 'E-KAFKA-UNREACHABLE'],
  ['COORDINATOR_NOT_AVAILABLE', 'moved', 'E-KAFKA-UNREACHABLE'],
  ['NETWORK', 'moved', 'E-KAFKA-UNREACHABLE'],
  ['TIMEOUT', 'moved', 'E-KAFKA-UNREACHABLE'],
  ['CLOSED', 'moved', 'E-KAFKA-UNREACHABLE'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'loading', 'E-KAFKA-TOPIC-MISSING'],
  ['FENCED_INSTANCE_ID', 'stop', 'E-KAFKA-FENCED'],
  ['GROUP_MAX_SIZE_REACHED', 'stop', 'E-KAFKA-GROUP'],
  ['INCONSISTENT_GROUP_PROTOCOL', 'stop', 'E-KAFKA-GROUP'],
  ['INVALID_SESSION_TIMEOUT', 'stop', 'E-KAFKA-GROUP'],
  ['INVALID_GROUP_ID', 'stop', 'E-KAFKA-GROUP'],
  ['GROUP_AUTHORIZATION_FAILED', 'stop', 'E-KAFKA-ACL'],
  ['AUTH', 'stop', 'E-KAFKA-AUTH'],
  ['UNSUPPORTED_VERSION', 'stop', 'E-KAFKA-REFUSED'],
];

describe('an error of the group', () => {
  for (const [type, verdict, code] of MEANINGS)
    test(`${type} means ${verdict}, told as ${code}`, () => {
      const fault = groupFault(new KafkaFault(type, 'said the broker'), 'joining group scorers');
      assert.equal(verdictOf(fault), verdict);
      assert.equal(fault.cause.code, code);
      assert.match(fault.cause.message, /joining group scorers/);
      assert.match(fault.cause.message, new RegExp(type));
    });

  test('brings the id to join with', () => {
    const response = { memberId: 'm-1' };
    const fault = groupFault(new KafkaFault('MEMBER_ID_REQUIRED', '', { response }), 'joining');
    assert.equal(fault.memberId, 'm-1');
  });

  test('that is none, but a bug of ours, stops', () => {
    assert.equal(verdictOf(groupFault(new TypeError('oops'), 'joining')), 'stop');
  });
});
