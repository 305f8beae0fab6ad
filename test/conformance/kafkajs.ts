import { kafkajsCapabilities } from '../../src/kafka/kafkajs/capabilities.ts';
import { KafkajsSink } from '../../src/kafka/kafkajs/sink.ts';
import { KafkajsSource } from '../../src/kafka/kafkajs/source.ts';
import type { NewClient } from './client.ts';

export const kafkajsClient: NewClient = (connection) => ({
  brokers: connection.brokers,
  capabilities: kafkajsCapabilities,
  newSource: ({ start = 'earliest', outOfRange = 'stop', ...request }) =>
    new KafkajsSource(connection, { start, outOfRange, ...request }),
  newSink: ({ compression, ...request }, events) =>
    new KafkajsSink(
      connection,
      { ...request, compression: compression === 'gzip' ? 'gzip' : 'none' },
      events,
    ),
});
