/** The configuration's words for connections, in the words of the houses that connect. */
import type { PipelineConfig } from '../config/pipelineConfig.ts';
import type { KafkaConnection } from '../kafka/connection.ts';
import type { SourceOptions } from '../kafka/sourceOptions.ts';

export function kafkaConnection({ kafka }: PipelineConfig): KafkaConnection {
  const { brokers, clientId, tls, sasl, renewCredentials } = kafka;
  return {
    brokers,
    clientId,
    ...(tls === undefined ? {} : { tls }),
    ...(sasl === undefined ? {} : { sasl }),
    ...(renewCredentials === undefined ? {} : { renew: async () => renewCredentials() }),
  };
}

export function sourceOptions({ kafka, input }: PipelineConfig): SourceOptions {
  return {
    topic: input.topic,
    group: kafka.group,
    start: input.start,
    outOfRange: input.outOfRange,
    readUncommitted: kafka.isolation === 'read_uncommitted',
    sessionTimeoutMs: kafka.sessionTimeoutMs,
    drainTimeoutMs: kafka.drainTimeoutMs,
  };
}
