/** Fake brokers that make up a cluster, and clients of it. */
import type { TestContext } from 'node:test';
import type { KafkaConnection } from '../../../../src/kafka/connection.ts';
import { Cluster } from '../../../../src/kafka/native/cluster/cluster.ts';
import { type FakeBroker, type FakeTopic, fakeBroker, METADATA, metadata } from './fakeBroker.ts';

/** Brokers with the ids 1, 2, ... that all tell the same. */
export async function fakeBrokers(
  t: TestContext,
  count: number,
  topics: () => readonly FakeTopic[] = () => [],
) {
  const all = await Promise.all(Array.from({ length: count }, () => fakeBroker(t)));
  for (const fake of all) tell(fake, all, topics);
  return all;
}

export function tell(
  fake: FakeBroker,
  all: readonly FakeBroker[],
  topics: () => readonly FakeTopic[] = () => [],
) {
  const view = all.map(({ port }, at) => ({ nodeId: at + 1, port }));
  fake.on(METADATA, (request) => request.answer(metadata(view, topics())));
}

export function client(
  t: TestContext,
  addresses: readonly string[],
  connection: Partial<KafkaConnection> = {},
): Cluster {
  const cluster = new Cluster(
    { brokers: addresses, clientId: 'test', ...connection },
    { random: () => 0.5, maxAgeMs: 1_000_000 },
  );
  t.after(() => cluster.close());
  return cluster;
}
