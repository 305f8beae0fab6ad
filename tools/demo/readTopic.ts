import { randomUUID } from 'node:crypto';
import type { Admin, Kafka, KafkaMessage } from 'kafkajs';

/** How long a fetch waits at the end of a partition. */
const END_WAIT_MS = 200;

export interface TopicRead {
  readonly partitions: number;
  readonly records: number;
}

/** How many records the partitions of a topic hold. */
export async function recordsIn(topic: string, admin: Admin): Promise<number> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
}

/** Reads a topic from its beginning to the ends it has now, as a consumer in a group that is gone afterwards. */
export async function readTopic(
  topic: string,
  connection: { readonly kafka: Kafka; readonly admin: Admin; readonly signal: AbortSignal },
  onRecord: (message: KafkaMessage, partition: number) => Promise<void>,
): Promise<TopicRead> {
  const { kafka, admin, signal } = connection;
  const ends = await admin.fetchTopicOffsets(topic);
  const unread = new Map(
    ends.filter(({ high, low }) => high !== low).map((end) => [end.partition, Number(end.high)]),
  );
  let records = 0;
  const { promise: read, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal.reason);
  if (unread.size === 0) return { partitions: ends.length, records };

  const groupId = `tidemark-demo-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: END_WAIT_MS });
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch, heartbeat }) => {
        for (const message of batch.messages) await onRecord(message, batch.partition);
        records += batch.messages.length;
        await heartbeat();
        if (Number(batch.lastOffset()) + 1 >= (unread.get(batch.partition) ?? 0))
          unread.delete(batch.partition);
        if (unread.size === 0) resolve();
      },
    });
    await read;
  } finally {
    signal.removeEventListener('abort', abort);
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => {});
  }
  return { partitions: ends.length, records };
}
