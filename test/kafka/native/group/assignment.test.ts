import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AssignerProtocol } from 'kafkajs';
import {
  decodeAssignment,
  decodeSubscriber,
  encodeProtocols,
  share,
} from '../../../../src/kafka/native/group/assignment.ts';

describe('what members tell each other', () => {
  test('a subscription says what is owned, and as of which generation', () => {
    const [first, second] = encodeProtocols(['cooperative-sticky', 'range'], 'events', [2, 5], 7);
    assert.deepEqual([first!.name, second!.name], ['cooperative-sticky', 'range']);
    assert.ok(first!.metadata.equals(second!.metadata));
    assert.ok(first!.metadata.readInt16BE(0) >= 2, 'older versions have no generation');
    assert.deepEqual(decodeSubscriber({ memberId: 'm', metadata: first!.metadata }), {
      memberId: 'm',
      topics: ['events'],
      owned: [{ topic: 'events', partitions: [2, 5] }],
      generation: 7,
    });
  });

  test('kafkajs reads our subscription, and we read that of kafkajs as one that claims nothing', () => {
    const { metadata } = encodeProtocols(['RoundRobinAssigner'], 'events', [1], 3)[0]!;
    assert.deepEqual(AssignerProtocol.MemberMetadata.decode(metadata)?.topics, ['events']);
    const theirs = AssignerProtocol.MemberMetadata.encode({
      version: 1,
      topics: ['events', 'others'],
      userData: Buffer.alloc(0),
    });
    const { topics, owned } = decodeSubscriber({ memberId: 'm', metadata: theirs });
    assert.deepEqual({ topics, owned }, { topics: ['events', 'others'], owned: [] });
  });

  test('kafkajs reads the assignment that we make, and we read its', () => {
    const member = { memberId: 'm', topics: ['events'], owned: [], generation: -1 };
    const { assignments, withheld } = share('RoundRobinAssigner', [member], new Map([['events', 3]]));
    assert.equal(withheld, 0);
    const { assignment } = AssignerProtocol.MemberAssignment.decode(assignments[0]!.assignment)!;
    assert.deepEqual(assignment, { events: [0, 1, 2] });
    const theirs = AssignerProtocol.MemberAssignment.encode({
      version: 0,
      assignment: { events: [4, 1], others: [9] },
      userData: Buffer.alloc(0),
    });
    assert.deepEqual(decodeAssignment(theirs, 'events'), [1, 4]);
  });

  test('withheld is what nobody gets until its owner has given it up', () => {
    const members = [
      {
        memberId: 'a',
        topics: ['events'],
        owned: [{ topic: 'events', partitions: [0, 1, 2, 3] }],
        generation: 1,
      },
      { memberId: 'b', topics: ['events'], owned: [], generation: -1 },
    ];
    assert.equal(share('cooperative-sticky', members, new Map([['events', 4]])).withheld, 2);
  });

  test('a member without bytes has no partitions', () => {
    assert.deepEqual(decodeAssignment(Buffer.alloc(0), 'events'), []);
  });

  test('bytes that are no subscription or assignment are refused with a code', () => {
    for (const bytes of [Buffer.from([0]), Buffer.from([0, 2, 0, 0, 0, 9]), Buffer.alloc(5, 0x7f)]) {
      assert.throws(() => decodeSubscriber({ memberId: 'm', metadata: bytes }), { code: 'E-KAFKA-GROUP' });
      assert.throws(() => decodeAssignment(bytes, 'events'), { code: 'E-KAFKA-GROUP' });
    }
  });
});
