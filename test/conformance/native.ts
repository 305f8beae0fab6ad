import { nativeCapabilities } from '../../src/kafka/native/capabilities.ts';
import { NativeSink } from '../../src/kafka/native/sink.ts';
import { NativeSource } from '../../src/kafka/native/source.ts';
import type { NewClient } from './client.ts';

export const nativeClient: NewClient = (connection) => ({
  brokers: connection.brokers,
  capabilities: nativeCapabilities,
  newSource: ({ start = 'earliest', outOfRange = 'stop', ...request }) =>
    new NativeSource(connection, { start, outOfRange, ...request }),
  newSink: (request, events) => new NativeSink(connection, request, events),
});
