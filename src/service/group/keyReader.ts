import type { KafkaConnection } from '../../kafka/connection.ts';
import type { TopicReader, TopicReaderEvents } from '../../pipeline/ports.ts';

/** What it may hold: it reads in processes whose memory is for scoring. */
const BYTES = 2 * 1024 * 1024;

/** A partition is hot whether its keys can be read or not, and they are read again after a later look. */
const SILENT: TopicReaderEvents = {
  paused: () => {},
  resumed: () => {},
  stopped: () => {},
  failed: () => {},
};

/** A reader of the topic that joins no group, for the keys of a hot partition. */
export async function keyReader(
  connection: KafkaConnection,
  topic: string,
  readUncommitted: boolean,
): Promise<TopicReader> {
  // Who only looks at a group needs no client before a partition is hot.
  const { topicReader } = await import('../client.ts');
  return topicReader(connection, { topic, readUncommitted, maxBufferedBytes: BYTES }, SILENT);
}
