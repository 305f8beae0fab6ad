import { KafkajsSink } from '../../src/kafka/kafkajs/sink.ts';
import { KafkajsSource } from '../../src/kafka/kafkajs/source.ts';
import { conformance } from '../conformance/client.ts';
import { sharedStack } from '../support/stack.ts';

const { brokers } = await sharedStack();
const connection = { brokers, clientId: 'tidemark-conformance' };

conformance('kafkajs', {
  brokers,
  newSource: ({ start = 'earliest', outOfRange = 'stop', ...request }) =>
    new KafkajsSource(connection, { start, outOfRange, ...request }),
  newSink: (request, events) => new KafkajsSink(connection, request, events),
});
