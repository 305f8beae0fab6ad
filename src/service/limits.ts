import { asTidemarkError } from '../errors.ts';
import type { KafkaAdmin } from '../kafka/admin.ts';

/** What a dead letter may be larger than its event: the headers that say why and whence, with room to spare. */
export const DEAD_LETTER_ROOM_BYTES = 16 * 1024;

/** The largest record a topic takes, bytes; undefined when that may not be asked. */
export async function maxMessageBytes(admin: KafkaAdmin, topic: string): Promise<number | undefined> {
  try {
    const value = (await admin.topicConfig(topic, ['max.message.bytes'])).get('max.message.bytes');
    return value === undefined ? undefined : Number(value);
  } catch (cause) {
    // Describing configurations needs a right of its own, which a pipeline does not.
    if (asTidemarkError(cause).code === 'E-KAFKA-ACL') return undefined;
    throw cause;
  }
}
