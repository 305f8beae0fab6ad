import type { PipelineConfig } from '../config/pipelineConfig.ts';
import { TidemarkError } from '../errors.ts';
import { missingCapabilities } from '../kafka/capabilities.ts';
import type { ClientLog } from '../kafka/connection.ts';
import { KafkajsSink } from '../kafka/kafkajs/sink.ts';
import { KafkajsSource, kafkajsCapabilities } from '../kafka/kafkajs/source.ts';
import { NativeTopicReader } from '../kafka/native/reader.ts';
import { NativeSink } from '../kafka/native/sink.ts';
import { NativeSource, nativeCapabilities } from '../kafka/native/source.ts';
import type {
  ClientCapabilities,
  Sink,
  SinkEvents,
  Source,
  TopicReader,
  TopicReaderEvents,
} from '../pipeline/ports.ts';
import { kafkaConnection, sourceOptions } from './connections.ts';

/** A Kafka client behind the ports. Nothing but this file knows which there are. */
export interface Client {
  readonly source: Source;
  readonly sink: Sink;
}

type ClientName = PipelineConfig['kafka']['client'];

interface ClientKind {
  readonly capabilities: ClientCapabilities;
  /** Connects to nothing yet. */
  open(config: PipelineConfig, events: SinkEvents, log: ClientLog): Client;
}

const kafkajs: ClientKind = {
  capabilities: kafkajsCapabilities,
  open(config, events, log) {
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
  open(config, events, log) {
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
export function newClient(config: PipelineConfig, events: SinkEvents, log: ClientLog): Client {
  return CLIENTS[config.kafka.client].open(config, events, log);
}

/** A reader of the input topic that joins no group: the native client's, whichever of the two the configuration names. */
export function newTopicReader(config: PipelineConfig, events: TopicReaderEvents): TopicReader {
  const readUncommitted = config.kafka.isolation === 'read_uncommitted';
  const { topic } = config.input;
  return new NativeTopicReader(kafkaConnection(config), { topic, readUncommitted }, events);
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
    throw new TidemarkError('E-KAFKA-CAPABILITY', missing.map((fault) => fault.message).join('; '));
  }
  if (kafka.isolation !== 'read_committed' || client.readCommitted === 'full') return [];
  return [
    `client ${client.name} filters aborted records in part: when transactions of several producers interleave in one partition, aborted records may be scored`,
  ];
}
