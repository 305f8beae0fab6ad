import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fetchV12, fetchV13, fetchV17, Reader, Writer } from '@platformatic/kafka';
import fc from 'fast-check';
import { TidemarkError } from '../../../../src/errors.ts';
import { type FetchQuestion, fetchRequest } from '../../../../src/kafka/native/fetch/fetchCodec.ts';
import { WireError } from '../../../../src/kafka/native/wire/cursor.ts';
import { encodeAnswer, readQuestion } from './fetchWire.ts';

const TOPIC = 'payments';
const ID = '104d9e12-d0b2-4ac3-af07-46399b1a5817';
const TOPIC_ID = Buffer.from(ID.replaceAll('-', ''), 'hex');

const question: FetchQuestion = {
  topic: TOPIC,
  topicId: TOPIC_ID,
  session: {
    sessionId: 77,
    sessionEpoch: 3,
    asked: [
      [4, { offset: 2 ** 40 + 5, leaderEpoch: 9, lastFetchedEpoch: 8, maxBytes: 1000 }],
      [1, { offset: 0, leaderEpoch: -1, lastFetchedEpoch: -1, maxBytes: 2000 }],
    ],
    forgotten: [6, 7],
  },
  maxWaitMs: 250,
  minBytes: 1,
  maxBytes: 4_000_000,
  readCommitted: true,
};

function written(version: number, of: FetchQuestion = question): Buffer {
  const writer = Writer.create();
  fetchRequest(version, of).write(writer);
  return writer.buffer;
}

describe('a Fetch request', () => {
  // The library's own encoders are the oracle, wherever they write the same fields.
  const partitions = question.session.asked.map(([partition, target]) => ({
    partition,
    currentLeaderEpoch: target.leaderEpoch,
    fetchOffset: BigInt(target.offset),
    lastFetchedEpoch: target.lastFetchedEpoch,
    partitionMaxBytes: target.maxBytes,
  }));

  test('is what the library writes: by name up to version 12, by id from 13 on, without replica id from 15 on', () => {
    const byName = fetchV12.createRequest(
      250,
      1,
      4_000_000,
      1,
      77,
      3,
      [{ topicId: TOPIC, partitions }],
      [{ topic: TOPIC, partitions: [6, 7] }],
      '',
    );
    assert.deepEqual(written(12), byName.buffer);
    const byId = [
      250,
      1,
      4_000_000,
      1,
      77,
      3,
      [{ topicId: ID, partitions }],
      [{ topicId: ID, topic: ID, partitions: [6, 7] }],
      '',
    ] as const;
    assert.deepEqual(
      written(13),
      fetchV13.createRequest(...(byId as unknown as Parameters<typeof fetchV13.createRequest>)).buffer,
    );
    assert.deepEqual(
      written(17),
      fetchV17.createRequest(...(byId as unknown as Parameters<typeof fetchV17.createRequest>)).buffer,
    );
  });

  test('names no topic when nothing has changed', () => {
    const nothing = { ...question, session: { ...question.session, asked: [], forgotten: [] } };
    const expected = fetchV17.createRequest(250, 1, 4_000_000, 1, 77, 3, [], [], '');
    assert.deepEqual(written(17, nothing), expected.buffer);
  });

  test('is read by the tests as it was written', () => {
    for (const version of [12, 13, 15, 17]) {
      const read = readQuestion(written(version), version);
      assert.deepEqual(read.session, question.session);
      assert.equal(read.maxBytes, question.maxBytes);
    }
  });
});

describe('a Fetch response', () => {
  const records = Buffer.from('these are records');
  const answer = {
    throttleTimeMs: 12,
    errorCode: 0,
    sessionId: 77,
    partitions: [
      {
        partition: 4,
        errorCode: 0,
        highWatermark: 2 ** 40 + 9,
        aborted: [{ producerId: 5, firstOffset: 3 }],
        records,
      },
      { partition: 1, errorCode: 6, highWatermark: -1, leader: { nodeId: 3, leaderEpoch: 10 } },
      { partition: 2, errorCode: 0, highWatermark: 7, diverging: { epoch: 4, endOffset: 30 } },
      { partition: 3, errorCode: 0, highWatermark: 7, preferredReplica: 5 },
    ],
    addresses: new Map([[3, { host: 'other', port: 9093 }]]),
  };

  for (const version of [12, 13, 16, 17]) {
    test(`version ${version}`, () => {
      const body = encodeAnswer(version, TOPIC, TOPIC_ID, answer);
      const read = fetchRequest(version, question).read(body);
      assert.deepEqual([read.throttleTimeMs, read.errorCode, read.sessionId], [12, 0, 77]);
      const [first, second, third] = read.partitions;
      assert.equal(first?.partition, 4);
      assert.equal(first?.highWatermark, 2 ** 40 + 9);
      assert.deepEqual(first?.aborted, [{ producerId: 5, firstOffset: 3 }]);
      assert.equal(body.toString('utf8', first?.recordsStart, first?.recordsEnd), 'these are records');
      assert.deepEqual([second?.errorCode, second?.leader], [6, { nodeId: 3, leaderEpoch: 10 }]);
      assert.deepEqual(third?.diverging, { epoch: 4, endOffset: 30 });
      assert.equal(third?.recordsStart, third?.recordsEnd);
      assert.deepEqual(
        read.partitions.map(({ preferredReplica }) => preferredReplica),
        [-1, -1, -1, 5],
      );
      assert.deepEqual(read.addresses, answer.addresses);
    });
  }

  test('is read by the library as it is by us', () => {
    const plain = { ...answer, partitions: [answer.partitions[2]!] };
    const body = encodeAnswer(17, TOPIC, TOPIC_ID, plain);
    const theirs = fetchV17.parseResponse(0, 1, 17, Reader.from(body));
    assert.equal(theirs.responses[0]?.topicId, ID);
    assert.deepEqual(theirs.responses[0]?.partitions[0]?.divergingEpoch, { epoch: 4, endOffset: 30n });
  });

  test('of another topic says nothing', () => {
    const other = encodeAnswer(17, 'other', Buffer.alloc(16, 7), answer);
    assert.deepEqual(fetchRequest(17, question).read(other).partitions, []);
    assert.deepEqual(
      fetchRequest(12, question).read(encodeAnswer(12, 'other', TOPIC_ID, answer)).partitions,
      [],
    );
  });

  test('that is cut or broken is refused, and nothing else happens', () => {
    const body = encodeAnswer(17, TOPIC, TOPIC_ID, answer);
    for (let cut = 0; cut < body.length; cut++) {
      assert.throws(() => fetchRequest(17, question).read(body.subarray(0, cut)), WireError);
    }
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.uint8Array({ minLength: 1, maxLength: 20 }), (at, noise) => {
        const hostile = Buffer.from(body);
        hostile.set(noise.subarray(0, hostile.length - at), at);
        try {
          const read = fetchRequest(17, question).read(hostile);
          for (const { recordsStart, recordsEnd } of read.partitions) {
            assert.ok(recordsStart >= 0 && recordsStart <= recordsEnd && recordsEnd <= hostile.length);
          }
        } catch (thrown) {
          const offset = thrown instanceof TidemarkError && thrown.code === 'E-KAFKA-OFFSET';
          assert.ok(thrown instanceof WireError || offset, String(thrown));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
