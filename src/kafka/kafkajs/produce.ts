import { CompressionTypes, type Message, type Producer } from 'kafkajs';
import { TidemarkError } from '../../errors.ts';

export type Compression = 'none' | 'gzip';

/** The broker gives up waiting for replicas after this. */
const ACK_TIMEOUT_MS = 30_000;
const ALL_REPLICAS = -1;

/**
 * One attempt to send messages to one partition; throws whatever kafkajs throws. One partition a request, because kafkajs
 * answers for a request as a whole: of several partitions nobody could tell which were written when one of them failed.
 */
export async function produceOnce(
  producer: Producer,
  topic: string,
  partition: number,
  messages: Message[],
  compression: Compression,
): Promise<void> {
  const acknowledged = await producer.send({
    topic,
    messages,
    acks: ALL_REPLICAS,
    timeout: ACK_TIMEOUT_MS,
    compression: compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None,
  });
  // A send whose partition lost its leader meanwhile resolves without having sent anything.
  const covered = acknowledged.some(
    (answer) => answer.topicName === topic && answer.partition === partition && answer.errorCode === 0,
  );
  if (!covered) {
    throw new TidemarkError(
      'E-KAFKA-UNREACHABLE',
      `no broker acknowledged records for ${topic}/${partition}`,
    );
  }
}
