import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from 'fast-check';
import { CompressionTypes, type KafkaMessage, type Message } from 'kafkajs';
import { encodedMessages } from '../../../src/kafka/kafkajs/encodedMessages.ts';
import { EncodedRecords } from '../../../src/kafka/records.ts';
import { EncodedStamp } from '../../../src/kafka/stamp.ts';
import { blockOf } from '../arbitraries.ts';

const require = createRequire(import.meta.url);
const createMessageProducer = require('kafkajs/src/producer/messageProducer');
const createProduceRequest = require('kafkajs/src/protocol/requests/produce/v7/request');
const Decoder = require('kafkajs/src/protocol/decoder');
const decodeMessages = require('kafkajs/src/protocol/requests/fetch/v4/decodeMessages');

const TOPIC = 'out';
const PARTITION = 3;
const FIRST_MS = 1_600_000_000_000;

/** The produce request that kafkajs's producer makes of these messages, on the way to a broker that is not there. */
async function requestOf(messages: Message[], compression = CompressionTypes.None): Promise<Buffer> {
  let request: Buffer | undefined;
  const broker = {
    nodeId: 1,
    produce: async (asked: object) => {
      request = (await createProduceRequest(asked).encode()).buffer;
      return { topics: [] };
    },
  };
  const nothing = async () => {};
  const producer = createMessageProducer({
    logger: {},
    cluster: {
      addMultipleTargetTopics: nothing,
      refreshMetadataIfNecessary: nothing,
      findTopicPartitionMetadata: () => [{ partitionId: PARTITION }],
      findLeaderForPartitions: (_topic: string, partitions: string[]) => {
        assert.deepEqual(partitions, [String(PARTITION)]);
        return { 1: partitions };
      },
      findBroker: async () => broker,
    },
    partitioner: ({ message }: { message: Message }) => message.partition,
    eosManager: {
      acquireBrokerLock: nothing,
      releaseBrokerLock: nothing,
      isTransactional: () => false,
      getSequence: () => 0,
      updateSequence: () => {},
      getProducerId: () => -1,
      getProducerEpoch: () => 0,
    },
    idempotent: false,
    retrier: (attempt: () => unknown) => attempt(),
    getConnectionStatus: () => 'connected',
  });
  await producer.send({ topic: TOPIC, messages, acks: -1, timeout: 1, compression });
  return request!;
}

/** What a reader finds in the record batch of a request. */
async function recordsIn(request: Buffer): Promise<KafkaMessage[]> {
  const decoder = new Decoder(request);
  decoder.readString();
  decoder.readInt16();
  decoder.readInt32();
  decoder.readInt32();
  assert.equal(decoder.readString(), TOPIC);
  decoder.readInt32();
  assert.equal(decoder.readInt32(), PARTITION);
  return decodeMessages(decoder);
}

interface Written {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** After `FIRST_MS`. */
  readonly afterMs: number;
  readonly trace: string;
}

const anyWritten: fc.Arbitrary<Written> = fc.record({
  key: fc.option(fc.uint8Array({ maxLength: 20 })),
  value: fc.option(fc.uint8Array({ maxLength: 200 })),
  afterMs: fc.nat(1_000_000),
  trace: fc.string({ maxLength: 10 }),
});

function encoded(written: readonly Written[]): EncodedRecords {
  const records = new EncodedRecords(TOPIC, PARTITION);
  const stamp = new EncodedStamp([['model-name', 'm']], true);
  const inputs = written.map(({ key, trace }, offset) => ({
    key,
    value: null,
    headers: [{ name: 'trace', value: Buffer.from(trace) }],
    offset,
    timestamp: 0,
  }));
  const block = blockOf(inputs);
  written.forEach(({ value, afterMs }, i) => {
    const start = value === null ? -1 : 0;
    const timestampMs = FIRST_MS + (i === 0 ? 0 : afterMs);
    records.append(block, i, value ?? new Uint8Array(0), start, value?.length ?? 0, timestampMs, stamp);
  });
  return records;
}

/** The slow and obvious messages. */
function plain(written: readonly Written[]): Message[] {
  return written.map(({ key, value, afterMs, trace }, i) => ({
    partition: PARTITION,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    timestamp: String(FIRST_MS + (i === 0 ? 0 : afterMs)),
    headers: { trace, 'model-name': 'm', source: `input/7@${i}` },
  }));
}

for (const [name, compression] of [
  ['plain', CompressionTypes.None],
  ['gzip', CompressionTypes.GZIP],
] as const) {
  test(`the request is the one that kafkajs makes of plain messages, byte for byte (${name})`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyWritten, { minLength: 1, maxLength: 150 }), async (written) => {
        const request = await requestOf(encodedMessages(encoded(written), 0, written.length), compression);
        assert.deepEqual(request, await requestOf(plain(written), compression));
      }),
      { numRuns: 30 },
    );
  });
}

test('a range of records is read as it was written', async () => {
  const written = fc.sample(anyWritten, { numRuns: 300, seed: 7 });
  const facts = ({ offset, key, value, timestamp, headers }: KafkaMessage) => ({
    offset,
    key,
    value,
    timestamp,
    headers,
  });
  const range = await recordsIn(await requestOf(encodedMessages(encoded(written), 130, 290)));
  const all = await recordsIn(await requestOf(plain(written)));
  const expected = all.slice(130, 290).map((record, i) => ({ ...record, offset: String(i) }));
  assert.deepEqual(range.map(facts), expected.map(facts));
});

test('a record without a timestamp stays without', async () => {
  const records = new EncodedRecords(TOPIC, PARTITION);
  const stamp = new EncodedStamp([], false);
  const block = blockOf([{ key: null, value: null, headers: [], offset: 0, timestamp: -1 }]);
  for (const timestampMs of [-1, 5, 1_600_000_000_000]) {
    records.append(block, 0, new Uint8Array(0), -1, 0, timestampMs, stamp);
  }
  const read = await recordsIn(await requestOf(encodedMessages(records, 0, 3)));
  assert.deepEqual(
    read.map(({ timestamp }) => timestamp),
    ['-1', '5', '1600000000000'],
  );
});
