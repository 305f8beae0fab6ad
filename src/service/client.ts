import type { PipelineConfig } from '../config/pipelineConfig.ts';
import { TidemarkError } from '../errors.ts';
import { missingCapabilities } from '../kafka/capabilities.ts';
import type { ClientLog, KafkaConnection } from '../kafka/connection.ts';
import {
  DEFAULT_MAX_RECORD_BYTES as KAFKAJS_RECORD_BYTES,
  kafkajsCapabilities,
} from '../kafka/kafkajs/capabilities.ts';
import {
  MAX_REQUEST_BYTES,
  DEFAULT_MAX_RECORD_BYTES as NATIVE_RECORD_BYTES,
  nativeCapabilities,
} from '../kafka/native/capabilities.ts';
import { type NewTopic, createTopic as nativeCreateTopic } from '../kafka/native/createTopic.ts';
import { MAX_BATCH_BYTES } from '../kafka/native/fetch/settings.ts';
import { NativeTopicReader, type TopicReaderOptions } from '../kafka/native/reader.ts';
import { NativeTopicWriter } from '../kafka/native/writer.ts';
import type {
  ClientCapabilities,
  Sink,
  SinkEvents,
  Source,
  TopicReader,
  TopicReaderEvents,
  TopicWriter,
} from '../pipeline/ports.ts';
import { kafkaConnection, sourceOptions } from './connections.ts';

export type { NewTopic };

/** A Kafka client behind the ports. Nothing but this file knows which there are. */
export interface Client {
  readonly source: Source;
  readonly sink: Sink;
}

type ClientName = PipelineConfig['kafka']['client'];

/** What a client takes and sends at most, bytes; undefined without a limit of its own. */
export interface ClientLimits {
  /** Of a record batch that is read: a larger one stops its partition. */
  readonly readBatchBytes: number | undefined;
  /** Of a record that is written. */
  readonly recordBytes: number;
  /** Of a request that writes. */
  readonly requestBytes: number | undefined;
}

interface ClientKind {
  readonly capabilities: ClientCapabilities;
  readonly limits: ClientLimits;
  /** Loads the client, so that a process has the one in memory that it scores with. Connects to nothing yet. */
  open(config: PipelineConfig, events: SinkEvents, log: ClientLog): Promise<Client>;
}

const kafkajs: ClientKind = {
  capabilities: kafkajsCapabilities,
  limits: { readBatchBytes: undefined, recordBytes: KAFKAJS_RECORD_BYTES, requestBytes: undefined },
  async open(config, events, log) {
    const { KafkajsSource } = await import('../kafka/kafkajs/source.ts');
    const { KafkajsSink } = await import('../kafka/kafkajs/sink.ts');
    const connection = kafkaConnection(config);
    const { compression } = config.output;
    return {
      source: new KafkajsSource(connection, sourceOptions(config), log),
      sink: new KafkajsSink(
        connection,
        { compression: compression === 'gzip' ? 'gzip' : 'none' },
        events,
        log,
      ),
    };
  },
};

const native: ClientKind = {
  capabilities: nativeCapabilities,
  limits: {
    readBatchBytes: MAX_BATCH_BYTES,
    recordBytes: NATIVE_RECORD_BYTES,
    requestBytes: MAX_REQUEST_BYTES,
  },
  async open(config, events, log) {
    const { NativeSource } = await import('../kafka/native/source.ts');
    const { NativeSink } = await import('../kafka/native/sink.ts');
    const connection = kafkaConnection(config);
    const { instanceId } = config.kafka;
    const { compression } = config.output;
    return {
      source: new NativeSource(
        connection,
        {
          ...sourceOptions(config),
          ...(instanceId === undefined ? {} : { instanceId }),
          maxBufferedBytes: config.batching.maxInFlightBytes,
        },
        log,
      ),
      sink: new NativeSink(connection, { compression }, events, log),
    };
  },
};

const CLIENTS: Readonly<Record<ClientName, ClientKind>> = { kafkajs, native };

/** The client that the configuration names. Connects to nothing yet. */
export function newClient(config: PipelineConfig, events: SinkEvents, log: ClientLog): Promise<Client> {
  return CLIENTS[config.kafka.client].open(config, events, log);
}

/** A reader of a topic that joins no group: the native client's, whichever of the two the configuration names. */
export function newTopicReader(
  config: PipelineConfig,
  topic: string,
  events: TopicReaderEvents,
  options: Pick<TopicReaderOptions, 'maxWaitMs'> = {},
): TopicReader {
  const readUncommitted = config.kafka.isolation === 'read_uncommitted';
  return topicReader(kafkaConnection(config), { topic, readUncommitted, ...options }, events);
}

/** The same of any topic. */
export function topicReader(
  connection: KafkaConnection,
  options: TopicReaderOptions,
  events: TopicReaderEvents,
): TopicReader {
  return new NativeTopicReader(connection, options, events);
}

/** Connects with the first record. The native client's, as the reader is. */
export function newTopicWriter(config: PipelineConfig): TopicWriter {
  return new NativeTopicWriter(kafkaConnection(config));
}

/** Resolves when the topic is there and served, whoever made it; throws a TidemarkError. With the native client's connections as well. */
export function createTopic(config: PipelineConfig, topic: NewTopic): Promise<'created' | 'exists'> {
  return nativeCreateTopic(kafkaConnection(config), topic);
}

export function clientLimits({ kafka }: PipelineConfig): ClientLimits {
  return CLIENTS[kafka.client].limits;
}

function capabilitiesOf({ kafka }: PipelineConfig): ClientCapabilities {
  return CLIENTS[kafka.client].capabilities;
}

/** Refuses what the client cannot do; returns what it does only in part, as warnings. */
export function checkCapabilities(config: PipelineConfig, client = capabilitiesOf(config)): string[] {
  const { delivery, kafka, output } = config;
  const missing = missingCapabilities(client, {
    delivery,
    compression: output.compression,
    staticMembership: kafka.instanceId !== undefined,
  });
  if (missing.length > 0) {
    throw new TidemarkError('E-KAFKA-CAPABILITY', missing.join('; '));
  }
  if (kafka.isolation !== 'read_committed' || client.readCommitted === 'full') return [];
  return [
    `client ${client.name} filters aborted records in part: when transactions of several producers interleave in one partition, aborted records may be scored`,
  ];
}
