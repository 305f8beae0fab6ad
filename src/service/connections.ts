/** The configuration's words for connections, in the words of the houses that connect. */

import type { RegistryOptions } from '../avro/registry.ts';
import type { PipelineConfig } from '../config/pipelineConfig.ts';
import type { KafkaConnection } from '../kafka/kafkajs/client.ts';
import type { SourceOptions } from '../kafka/kafkajs/settings.ts';

export function kafkaConnection({ kafka }: PipelineConfig): KafkaConnection {
  const { brokers, clientId, tls, sasl } = kafka;
  return {
    brokers,
    clientId,
    ...(tls === undefined ? {} : { tls }),
    ...(sasl === undefined ? {} : { sasl }),
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

export function registryOptions({ registry }: PipelineConfig): RegistryOptions {
  return registry;
}
