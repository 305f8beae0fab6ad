/** What the tests of `tidemark doctor` make of topics, groups and subjects before they ask it. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import kafkajs from 'kafkajs';
import { kafkaClient, produce, sharedStack, waitFor, withAdmin } from './stack.ts';

export async function commit(group: string, topic: string, offsets: readonly number[]): Promise<void> {
  const partitions = offsets.map((offset, partition) => ({ partition, offset: String(offset) }));
  await withAdmin((admin) => admin.setOffsets({ groupId: group, topic, partitions }));
}

/** Appends `count` records to one partition, written so long ago by their timestamps. */
export async function write(topic: string, count: number, ageMs = 0, partition = 0): Promise<void> {
  const timestamp = String(Date.now() - ageMs);
  const message = { partition, timestamp, value: 'x'.repeat(100) };
  await produce(
    topic,
    Array.from({ length: count }, () => message),
  );
}

/** Members that hold partitions and never commit anything. */
export async function idleMembers(
  t: TestContext,
  group: string,
  topic: string,
  count: number,
): Promise<void> {
  const kafka = await kafkaClient();
  const join = async () => {
    const consumer = kafka.consumer({ groupId: group });
    t.after(() => consumer.disconnect());
    await consumer.connect();
    await consumer.subscribe({ topic });
    await consumer.run({ autoCommit: false, eachBatch: async () => {} });
  };
  await Promise.all(Array.from({ length: count }, join));
  const settled = async () =>
    withAdmin(async (admin) => {
      const [found] = (await admin.describeGroups([group])).groups;
      return found?.state === 'Stable' && found.members.length === count;
    });
  await waitFor(settled, `a group of ${count}`, 30_000);
}

export async function alter(topic: string, entries: Readonly<Record<string, string>>): Promise<void> {
  const configEntries = Object.entries(entries).map(([name, value]) => ({ name, value }));
  await withAdmin((admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }],
    }),
  );
}

export async function compatibility(subject: string, level: string): Promise<void> {
  const { registryUrl } = await sharedStack();
  const response = await fetch(`${registryUrl}/config/${subject}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ compatibility: level }),
  });
  assert.equal(response.status, 200);
}
