/** Where reading begins when not every leader can be asked. Positions that a real log does not have: test/integration. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TidemarkError } from '../../../../src/errors.ts';
import { KafkaFault } from '../../../../src/kafka/native/cluster/fault.ts';
import type { LogCluster } from '../../../../src/kafka/native/fetch/logOffsets.ts';
import { Positions } from '../../../../src/kafka/native/fetch/positions.ts';

const NOT_LEADER = 6;
const LEADERLESS = -1;
const DEAD_BROKER = 9;
const MOVED_BROKER = 8;

interface Question {
  readonly name: string;
  readonly partitions: readonly { readonly partitionIndex: number; readonly timestamp: bigint }[];
}

/** Every log holds [0, 100 + partition), wherever it can be asked. */
class LogsOf implements LogCluster {
  refreshes = 0;
  readonly #leaders: readonly number[];

  constructor(leaders: readonly number[]) {
    this.#leaders = leaders;
  }

  topic(name: string) {
    const partitions = this.#leaders.map((nodeId) => ({ nodeId, leaderEpoch: 3 }));
    return { name, id: 'a-topic', partitions };
  }

  async refresh(): Promise<void> {}

  refreshSoon(): void {
    this.refreshes++;
  }

  async link(nodeId: number) {
    if (nodeId === DEAD_BROKER) throw new KafkaFault('NETWORK', 'the broker is gone');
    const errorCode = nodeId === MOVED_BROKER ? NOT_LEADER : 0;
    const api = async (
      _api: unknown,
      _timeoutMs: number,
      _replica: number,
      _isolation: number,
      [asked]: [Question],
    ) => {
      const partitions = asked.partitions.map(({ partitionIndex, timestamp }) => ({
        partitionIndex,
        errorCode,
        offset: errorCode === 0 ? BigInt(timestamp === -2n ? 0 : 100 + partitionIndex) : -1n,
      }));
      const response = { topics: [{ name: asked.name, partitions }] };
      // As the library has it: one error in a response is thrown, with the response.
      if (errorCode !== 0) throw new KafkaFault('NOT_LEADER_FOR_PARTITION', 'moved', { response });
      return response;
    };
    const version = (_key: number, _min: number, max: number) => max;
    return { version, api } as unknown as Awaited<ReturnType<LogCluster['link']>>;
  }
}

function positionsOf(cluster: LogCluster, start: 'earliest' | 'latest' = 'latest'): Positions {
  return new Positions(cluster, { topic: 'events', start, outOfRange: 'stop', readUncommitted: false });
}

describe('positions', () => {
  const committed = new Map([[2, { offset: 42, leaderEpoch: 1 }]]);

  for (const [who, leader] of [
    ['has no leader', LEADERLESS],
    ['is led by a broker that is gone', DEAD_BROKER],
    ['is led by another broker by now', MOVED_BROKER],
  ] as const) {
    test(`a partition that ${who} waits alone`, async () => {
      const cluster = new LogsOf([1, leader, 1]);
      const starts = await positionsOf(cluster).begin([0, 1, 2], committed);
      assert.deepEqual([...starts.keys()].sort(), [0, 1, 2]);
      const [first, unknown, third] = [0, 1, 2].map((partition) => starts.get(partition));
      assert.ok(first !== undefined && !(first instanceof TidemarkError));
      assert.equal(first.offset, 100);
      assert.equal(first.commitFirst, true);
      assert.ok(unknown instanceof TidemarkError);
      assert.equal(unknown.disposition, 'retry');
      assert.ok(third !== undefined && !(third instanceof TidemarkError));
      assert.equal(third.offset, 42);
      assert.ok(cluster.refreshes > 0, 'metadata are asked for');
    });
  }

  test('where a partition goes on is asked again while its leader cannot say', async () => {
    const lost = { offset: 500, place: { kind: 'out-of-range' }, handedOut: false } as const;
    await assert.rejects(
      positionsOf(new LogsOf([LEADERLESS])).resume(0, lost),
      (thrown) => thrown instanceof TidemarkError && thrown.disposition === 'retry',
    );
  });

  test('what the log cannot hold exactly is no position, and waiting does not help', async () => {
    const cluster = new LogsOf([1]);
    const link = await cluster.link(1);
    const response = {
      topics: [{ name: 'events', partitions: [{ partitionIndex: 0, errorCode: 0, offset: 2n ** 60n }] }],
    };
    cluster.link = async () => ({ ...link, api: async () => response as never });
    const start = (await positionsOf(cluster).begin([0], new Map())).get(0);
    assert.ok(start instanceof TidemarkError);
    assert.equal(start.code, 'E-KAFKA-OFFSET');
    assert.equal(start.disposition, 'stop');
  });
});
