import type { TestContext } from 'node:test';
import type { TlsOptions } from '../../../../src/kafka/connection.ts';
import type { BrokerLink, WireRequest } from '../../../../src/kafka/native/cluster/brokerLink.ts';
import type { KafkaFault } from '../../../../src/kafka/native/cluster/fault.ts';
import { openLink } from '../../../../src/kafka/native/cluster/opening.ts';
import { type FakeBroker, FETCH } from './fakeBroker.ts';

/** Longer than any answer here takes. */
export const LONG_MS = 20_000;

/** A link to a fake broker, ended with the test. */
export async function opened(
  t: TestContext,
  fake: FakeBroker,
  options: { sasl?: boolean; tls?: TlsOptions; connectTimeoutMs?: number } = {},
): Promise<BrokerLink> {
  const { sasl = false, tls, ...rest } = options;
  const link = await openLink({
    nodeId: 1,
    address: { host: tls === undefined ? '127.0.0.1' : 'localhost', port: fake.port },
    connection: {
      brokers: [],
      clientId: 'test',
      ...(tls && { tls }),
      ...(sasl && { sasl: { mechanism: 'plain', username: 'u', password: 'p' } }),
    },
    closing: new AbortController().signal,
    ...rest,
  });
  t.after(() => link.destroy());
  return link;
}

/** Sends one byte and gives the answer's body as it came. */
export function echo(byte: number): WireRequest<Buffer> {
  return { apiKey: FETCH, version: 12, write: (writer) => writer.appendInt8(byte), read: (body) => body };
}

/** Tells a fault of this type, whose message has these words, from any other. */
export const fault =
  (type: string, words = /./) =>
  (error: KafkaFault) =>
    error.type === type && words.test(error.message);
