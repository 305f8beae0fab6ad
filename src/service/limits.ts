import { topicConfigs } from '../kafka/inspect/configs.ts';
import type { AnyBroker } from '../kafka/inspect/inspector.ts';

/** What a dead letter may be larger than its event: the headers that say why and whence, with room to spare. */
export const DEAD_LETTER_ROOM_BYTES = 16 * 1024;

const KEY = 'max.message.bytes';

/** The largest record a topic takes, bytes; undefined when that may not be asked. */
export async function maxMessageBytes(cluster: AnyBroker, topic: string): Promise<number | undefined> {
  const value = (await topicConfigs(cluster, topic, [KEY]))?.get(KEY);
  return value === undefined ? undefined : Number(value);
}
