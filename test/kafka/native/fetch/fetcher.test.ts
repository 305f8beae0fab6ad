/** What a fetcher does in single situations, against brokers as the protocol describes them. */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fetcher } from '../../../../src/kafka/native/fetch/fetcher.ts';
import type { Block } from '../../../../src/pipeline/ports.ts';
import { append, assertComplete, filled, seededRandom } from './logs.ts';
import { CALM, endOf, ModelCluster, type ModelPartition } from './modelCluster.ts';
import { Reading } from './reading.ts';

/** What has not happened by then never will. */
const DEADLINE_MS = 10_000;

describe('a fetcher', () => {
  const fetchers: Fetcher[] = [];
  afterEach(async () => {
    for (const fetcher of fetchers.splice(0)) await fetcher.close();
  });

  async function opened(
    partitions: ModelPartition[],
    options: { maxBatchBytes?: number; maxPartitionBytes?: number } = {},
  ) {
    const cluster = new ModelCluster(partitions, seededRandom(7));
    const reading = new Reading(
      cluster,
      { topic: cluster.name, maxWaitMs: 5, ...options },
      undefined,
      () => 0,
    );
    fetchers.push(reading.fetcher);
    return { cluster, reading };
  }

  test('asks in a session for nothing but what has changed', async () => {
    const random = seededRandom(3);
    const { cluster, reading } = await opened(filled(300, 0, random, 1));
    for (const number of cluster.partitions.keys()) reading.add(number);
    await reading.until('a session', () => cluster.requests.length > 3);
    append(cluster.partitions[17]!, 17, random);
    await reading.until('the record', () => reading.records.length > 0);
    const before = cluster.requests.length;
    await reading.until('more requests', () => cluster.requests.length > before + 3);
    await reading.close();
    assert.equal(cluster.requests[0]?.session.asked.length, 300);
    const named = cluster.requests.slice(1).flatMap(({ session }) => session.asked);
    assert.deepEqual(
      named.map(([partition]) => partition),
      [17],
    );
    assert.equal(cluster.requests.at(-1)?.session.sessionEpoch, -1, 'the session is closed');
  });

  test('closing does not wait for a broker to which no connection can be had', async () => {
    const { cluster, reading } = await opened(filled(1, 0, seededRandom(3), 1));
    reading.add(0);
    await reading.until('a session', () => cluster.requests.length > 3);
    const never = Promise.withResolvers<never>();
    cluster.link = () => never.promise;
    const late = delay(DEADLINE_MS, 'late', { ref: false });
    assert.notEqual(await Promise.race([reading.fetcher.close(), late]), 'late');
  });

  test('a batch that is corrupt twice stops its partition, with the place in the message', async () => {
    const random = seededRandom(4);
    const { cluster, reading } = await opened(filled(2, 6, random));
    const spoilt = cluster.partitions[0]!.log[3]!;
    spoilt.bytes[spoilt.bytes.length - 1]! ^= 1;
    reading.add(0);
    reading.add(1);
    await reading.until('the stop', () => reading.log.stops.length > 0);
    await reading.until('the other', () => reading.positions.get(1) === endOf(cluster.partitions[1]!));
    const { lease, cause } = reading.log.stops[0]!;
    assert.equal(lease.partition, 0);
    assert.equal(cause.code, 'E-KAFKA-CORRUPT');
    assert.ok(cause.message.startsWith(`topic/0@${reading.positions.get(0)}: `), cause.message);
    assert.equal(reading.positions.get(0), spoilt.baseOffset);
    assert.equal(reading.log.stops.length, 1);
    const asked = cluster.requests
      .flatMap(({ session }) => session.asked)
      .filter(([partition]) => partition === 0);
    assert.ok(
      asked.filter(([, { offset }]) => offset === spoilt.baseOffset).length <= 1,
      'it is fetched once more',
    );
    await reading.close();
  });

  test('records lost by an unclean election are told, and nothing is read past them', async () => {
    const random = seededRandom(5);
    const { cluster, reading } = await opened(filled(1, 8, random));
    reading.add(0);
    const partition = cluster.partitions[0]!;
    await reading.until('the end', () => reading.positions.get(0) === endOf(partition));
    const position = endOf(partition);
    const read = reading.records.length;
    partition.log.splice(5);
    const cut = endOf(partition);
    cluster.move(0, (partition.leader + 1) % 3);
    while (endOf(partition) < position + 50) append(partition, 0, random);
    cluster.refreshSoon();
    await reading.until('the loss', () => reading.log.lost.length > 0);
    assert.deepEqual(reading.log.lost[0]?.place, { kind: 'truncated', epoch: 0, endOffset: cut });
    assert.equal(reading.log.lost[0]?.offset, position);
    assert.equal(reading.log.lost[0]?.handedOut, true);
    assert.equal(reading.records.length, read);
    await reading.close();
  });

  test('a leader that never followed the one that was read shares what came before, however long its log', async () => {
    const random = seededRandom(10);
    const { cluster, reading } = await opened(filled(1, 4, random));
    const partition = cluster.partitions[0]!;
    const shared = endOf(partition);
    partition.epoch = 1;
    for (let i = 0; i < 3; i++) append(partition, 0, random);
    cluster.refreshSoon();
    reading.add(0);
    await reading.until('the end', () => reading.positions.get(0) === endOf(partition));
    const position = endOf(partition);
    // The leader of epoch 0 comes back with what nobody had followed.
    partition.log.splice(4);
    partition.epoch = 0;
    while (endOf(partition) < position + 50) append(partition, 0, random);
    partition.epoch = 1;
    cluster.move(0, (partition.leader + 1) % 3);
    cluster.refreshSoon();
    await reading.until('the loss', () => reading.log.lost.length > 0);
    assert.deepEqual(reading.log.lost[0]?.place, { kind: 'truncated', epoch: 0, endOffset: shared });
    assert.equal(reading.positions.get(0), position);
    await reading.close();
  });

  test('reads from the follower that the leader names, and from the leader once that is gone', async () => {
    const random = seededRandom(13);
    const { cluster, reading } = await opened(filled(2, 4, random, 1));
    for (const partition of cluster.partitions) partition.follower = 2;
    const read = () =>
      cluster.partitions.every((partition, number) => reading.positions.get(number) === endOf(partition));
    for (const number of [0, 1]) reading.add(number);
    await reading.until('the ends', read);
    const asked = (nodeId: number) => cluster.requests.filter((request) => request.nodeId === nodeId).length;
    assert.ok(asked(2) > 0);
    assert.ok(asked(0) <= 2, 'the leader is asked once for all');
    cluster.kill(2);
    for (const partition of cluster.partitions) partition.follower = undefined;
    for (const [number, partition] of cluster.partitions.entries()) append(partition, number, random);
    await reading.until('the ends again', read);
    await reading.close();
    assertComplete(cluster, reading);
    assert.deepEqual([reading.log.lost, reading.log.stops, reading.log.failures], [[], [], []]);
  });

  test('an epoch that the broker never had tells of another log, though the offset is there', async () => {
    const random = seededRandom(11);
    const { cluster, reading } = await opened(filled(1, 8, random));
    const lease = reading.add(0, cluster.partitions[0]!.log[2]!.baseOffset, 7);
    await reading.until('the loss', () => reading.log.lost.length > 0);
    assert.deepEqual(reading.log.lost[0]?.place, { kind: 'recreated' });
    assert.equal(reading.log.lost[0]?.handedOut, false);
    assert.deepEqual(reading.records, []);
    assert.ok(reading.fetcher.isOfFormerTopic(lease));
    reading.positions.set(0, 0);
    reading.fetcher.add(lease, 0, -1);
    await reading.until('the end', () => reading.positions.get(0) === endOf(cluster.partitions[0]!));
    assert.ok(!reading.fetcher.isOfFormerTopic(lease));
    await reading.close();
    assertComplete(cluster, reading);
  });

  test('knows the epochs of what was read of a lease after it was removed: its last commit needs them', async () => {
    const random = seededRandom(12);
    const { cluster, reading } = await opened(filled(1, 2, random));
    cluster.partitions[0]!.epoch = 4;
    append(cluster.partitions[0]!, 0, random);
    const lease = reading.add(0);
    const end = endOf(cluster.partitions[0]!);
    await reading.until('the end', () => reading.positions.get(0) === end);
    reading.fetcher.remove(lease);
    assert.equal(reading.fetcher.leaderEpochOf(lease, end), 4);
    assert.equal(reading.fetcher.leaderEpochOf(lease, cluster.partitions[0]!.log[2]!.baseOffset), 0);
    await reading.close();
  });

  test('a stale replica that says out of range is asked again; a log that is cut is believed', async () => {
    const random = seededRandom(6);
    const { cluster, reading } = await opened(filled(1, 8, random));
    cluster.chances = { ...CALM, refused: 1 };
    reading.add(0);
    await reading.until('the end', () => reading.positions.get(0) === endOf(cluster.partitions[0]!));
    assert.deepEqual(reading.log.lost, []);
    cluster.chances = CALM;
    const partition = cluster.partitions[0]!;
    for (let i = 0; i < 3; i++) append(partition, 0, random);
    partition.low = endOf(partition);
    partition.log.length = 0;
    await reading.until(
      'the loss or the end',
      () => reading.log.lost.length > 0 || reading.positions.get(0) === partition.low,
    );
    await reading.close();
  });

  test('a topic made anew is told at once, and nothing of the old one is handed out after', async () => {
    const random = seededRandom(8);
    const { cluster, reading } = await opened(filled(3, 8, random));
    for (const number of [0, 1, 2]) reading.add(number);
    await reading.until('the ends', () =>
      cluster.partitions.every((partition, number) => reading.positions.get(number) === endOf(partition)),
    );
    const read = reading.records.length;
    cluster.recreate('204d9e12-d0b2-4ac3-af07-46399b1a5817');
    for (let i = 0; i < 200; i++) append(cluster.partitions[1]!, 1, random);
    await reading.until('the news', () => reading.log.lost.length === 3);
    for (const { place, lease } of reading.log.lost) {
      assert.deepEqual(place, { kind: 'recreated' });
      assert.ok(reading.fetcher.isOfFormerTopic(lease), 'what was read of the old one is not committed');
    }
    assert.equal(reading.records.length, read);
    reading.fetcher.remove(reading.leases.get(1)!);
    reading.add(1, 0);
    await reading.until('the new topic', () => reading.positions.get(1) === endOf(cluster.partitions[1]!));
    await reading.close();
  });

  test('is closed with blocks out, and they stay valid', async () => {
    const random = seededRandom(9);
    const { cluster, reading } = await opened(filled(1, 4, random));
    const fetcher = reading.fetcher;
    const release = fetcher.release.bind(fetcher);
    const held: Block[] = [];
    fetcher.release = (block) => held.push(block);
    reading.add(0);
    await reading.until('a block', () => held.length > 0);
    const copy = Buffer.from(held[0]!.bytes);
    await fetcher.close();
    assert.equal(await fetcher.next(), undefined);
    assert.ok(copy.equals(held[0]!.bytes));
    for (const block of held) release(block);
    for (const block of held) release(block);
    await reading.close();
    assert.ok(cluster.requests.length > 0);
  });
});
