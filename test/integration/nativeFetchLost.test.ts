/** Positions that a real broker’s log does not have, and where reading begins. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import { Positions } from '../../src/kafka/native/fetch/positions.ts';
import type { OutOfRange } from '../../src/kafka/positions.ts';
import { unique, until } from '../conformance/support.ts';
import { FetchBench } from '../kafka/native/fetch/fetchBench.ts';
import { sharedStack } from '../support/stack.ts';

describe('native fetcher, positions', () => {
  let bench: FetchBench;
  before(async () => {
    bench = await FetchBench.open((await sharedStack()).brokers);
  });
  after(() => bench.close());

  test('a log that was cut below the position is told once, when what came before was handed out', async () => {
    const topic = await bench.topic(1);
    await bench.fill(topic, 0, 2000);
    const opened = await bench.reading(
      { topic, maxPartitionBytes: 5_000, maxBufferedBytes: 20_000 },
      async () => {
        await gate.promise;
      },
    );
    const gate = Promise.withResolvers<void>();
    const lease = opened.add(0);
    await opened.until('a first block', () => opened.blocks.length > 0);
    await bench.truncate(topic, 1900);
    assert.equal(opened.log.lost.length, 0);
    gate.resolve();
    await opened.until('the loss', () => opened.log.lost.length > 0);
    const [lost] = opened.log.lost;
    assert.equal(lost?.lease, lease);
    assert.equal(lost?.offset, opened.positions.get(0));
    assert.deepEqual(lost?.place, { kind: 'out-of-range' });
    assert.equal(lost?.handedOut, true);
    const before = opened.records.length;
    const start = await bench.resume(topic, 'earliest', lost!);
    assert.ok(!(start instanceof TidemarkError));
    assert.equal(start.offset, 1900);
    opened.fetcher.add(lease, start.offset, start.leaderEpoch);
    await opened.until('the end', () => opened.positions.get(0) === 2000);
    assert.deepEqual(
      opened.values().slice(before),
      Array.from({ length: 100 }, (_, i) => `v${1900 + i}`),
    );
    assert.equal(opened.log.lost.length, 1);
    const refused = await bench.resume(topic, 'stop', lost!);
    assert.ok(refused instanceof TidemarkError);
    assert.match(
      refused.message,
      new RegExp(`${topic}/0: the group is at ${lost!.offset}, the log holds \\[1900, 2000\\)`),
    );
  });

  test('an offset beyond the end is told, with and without an epoch to hold it against', async () => {
    const topic = await bench.topic(1);
    await bench.fill(topic, 0, 100);
    for (const epoch of [-1, 0]) {
      const opened = await bench.reading({ topic });
      opened.add(0, 500, epoch);
      await opened.until('the loss', () => opened.log.lost.length === 1);
      const { place, offset, handedOut } = opened.log.lost[0]!;
      assert.deepEqual([offset, handedOut], [500, false]);
      assert.deepEqual(
        place,
        epoch < 0 ? { kind: 'out-of-range' } : { kind: 'truncated', epoch: 0, endOffset: 100 },
      );
      const codeAfter = async (outOfRange: OutOfRange, lost = opened.log.lost[0]!) => {
        const start = await bench.resume(topic, outOfRange, lost);
        return start instanceof TidemarkError ? start.code : start.offset;
      };
      assert.equal(await codeAfter('stop'), 'E-KAFKA-OUT-OF-RANGE');
      // What lies before the cut need not be read again.
      assert.equal(await codeAfter('earliest'), epoch < 0 ? 0 : 100);
      assert.equal(await codeAfter('latest'), 100);
      // Progress of a lease never goes back.
      assert.equal(
        await codeAfter('latest', { ...opened.log.lost[0]!, handedOut: true }),
        'E-KAFKA-OUT-OF-RANGE',
      );
      await opened.close();
    }
  });

  test('a topic made anew is never read at the offsets of the old one', async () => {
    const topic = await bench.topic(1);
    await bench.fill(topic, 0, 50, 'old');
    const opened = await bench.reading({ topic });
    const lease = opened.add(0);
    await opened.until('the old records', () => opened.positions.get(0) === 50);
    await bench.admin.deleteTopics({ topics: [topic] });
    await until('the deletion', async () => !(await bench.admin.listTopics()).includes(topic));
    await bench.topic(1, {}, topic);
    await bench.fill(topic, 0, 200, 'new');
    await opened.until('the news', () => opened.log.lost.length > 0);
    const [lost] = opened.log.lost;
    assert.deepEqual(lost?.place, { kind: 'recreated' });
    assert.equal(opened.records.length, 50);
    const start = await bench.resume(topic, 'earliest', lost!);
    assert.ok(start instanceof TidemarkError, 'back to 0 within the lease');
    opened.fetcher.remove(lease);
    opened.add(0, 0);
    await opened.until('the new records', () => opened.positions.get(0) === 200);
    assert.deepEqual(
      opened.values().slice(50),
      Array.from({ length: 200 }, (_, i) => `new${i}`),
    );
  });

  test('begins where the group is, or where start says', async () => {
    const topic = await bench.topic(3);
    const at = (partition: number, time: number) => ({
      partition,
      value: 'v',
      timestamp: String(1_700_000_000_000 + time),
    });
    await bench.write(topic, [at(0, 1), at(0, 5), at(0, 9), at(1, 2), at(2, 7)]);
    await bench.abort(topic, 3);
    const begin = async (start: 'earliest' | 'latest' | { timestampMs: number }) => {
      const positions = new Positions(bench.cluster(), {
        topic,
        start,
        outOfRange: 'latest',
        readUncommitted: false,
      });
      const committed = new Map([
        [1, { offset: 17, leaderEpoch: 4 }],
        [2, { offset: -2, leaderEpoch: -1 }],
      ]);
      return [...(await positions.begin([0, 1, 2], committed)).values()].map((found) => {
        assert.ok(!(found instanceof TidemarkError));
        return [found.offset, found.leaderEpoch, found.commitFirst];
      });
    };
    const rest = [
      [17, 4, false],
      [1, -1, true],
    ];
    const sorted = (starts: unknown[][]) =>
      starts.toSorted((one, other) => Number(other[0]) - Number(one[0]));
    assert.deepEqual(sorted(await begin('earliest')), sorted([[0, -1, false], ...rest]));
    assert.deepEqual(sorted(await begin('latest')), sorted([[7, -1, true], ...rest]));
    assert.deepEqual(
      sorted(await begin({ timestampMs: 1_700_000_000_005 })),
      sorted([[1, -1, true], ...rest]),
    );
    const missing = new Positions(bench.cluster(), {
      topic: unique('missing'),
      start: 'earliest',
      outOfRange: 'stop',
      readUncommitted: false,
    });
    await assert.rejects(missing.begin([0], new Map()), { code: 'E-KAFKA-TOPIC-MISSING' });
  });
});
