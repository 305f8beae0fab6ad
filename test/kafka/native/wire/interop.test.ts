/** The other clients of this project, as judges: what one of us writes, each of them reads, and the other way round. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { createRecordsBatch, Reader, readRecordsBatches } from '@platformatic/kafka';
import fc from 'fast-check';
import { encodeBatch } from '../../../../src/kafka/native/wire/batchWriter.ts';
import { BATCH_HEADER_BYTES } from '../../../../src/kafka/native/wire/recordBatch.ts';
import type { Compression } from '../../../../src/pipeline/ports.ts';
import { encodedOf, expectedOf, type Written } from './encoding.ts';
import type { PlainRecord } from './plain.ts';
import { readAll, shown } from './reading.ts';

const require = createRequire(import.meta.url);
const Decoder = require('kafkajs/src/protocol/decoder');
const decodeKafkajs = require('kafkajs/src/protocol/recordBatch/v0/decoder');
const { RecordBatch: encodeKafkajs } = require('kafkajs/src/protocol/recordBatch/v0');
const encodeKafkajsRecord = require('kafkajs/src/protocol/recordBatch/record/v0');

const FIRST_MS = 1_700_000_000_000;
const BASE_OFFSET = 2 ** 40;
/** kafkajs brings only these along. */
const OF_KAFKAJS: readonly Compression[] = ['none', 'gzip'];
const ALL: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

const anyBytes = fc.uint8Array({ maxLength: 200 });
/** kafkajs takes what every object has for a header that it has read already. */
const anyName = fc.stringMatching(/^[a-z]{1,12}$/).filter((name) => !(name in {}));
/** What all clients can write: both take headers as objects, by name. */
const anyWritten: fc.Arbitrary<Written[]> = fc.array(
  fc.record({
    incoming: fc.record({
      key: fc.option(anyBytes),
      value: fc.constant(null),
      headers: fc
        .uniqueArray(anyName, { maxLength: 4 })
        .chain((names) =>
          fc.tuple(...names.map((name) => fc.record({ name: fc.constant(name), value: anyBytes }))),
        ),
      offset: fc.constant(0),
      timestamp: fc.constant(0),
    }),
    value: fc.option(anyBytes, { freq: 5 }),
    timestamp: fc.integer({ min: FIRST_MS, max: FIRST_MS + 2 ** 33 }),
  }),
  { minLength: 1, maxLength: 20 },
);

function headersOf({ incoming }: Written): [string, Buffer][] {
  return incoming.headers.map(({ name, value }) => [name, Buffer.from(value ?? [])]);
}

function buffer(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}

/** Node gives platformatic's types no null, which is what it takes at run time. */
function platformaticBatch(written: readonly Written[], compression: Compression): Buffer {
  const messages = written.map((one) => ({
    topic: 'topic',
    partition: 0,
    key: buffer(one.incoming.key) as Buffer,
    value: buffer(one.value) as Buffer,
    timestamp: BigInt(one.timestamp),
    headers: new Map(headersOf(one).map(([name, value]) => [Buffer.from(name), value])),
  }));
  return Buffer.from(createRecordsBatch(messages, { compression }).buffer);
}

async function kafkajsBatch(written: readonly Written[], compression: Compression): Promise<Buffer> {
  const firstTimestamp = written[0]!.timestamp;
  const records = written.map((one, offsetDelta) =>
    encodeKafkajsRecord({
      offsetDelta,
      timestampDelta: one.timestamp - firstTimestamp,
      key: buffer(one.incoming.key),
      value: buffer(one.value),
      headers: Object.fromEntries(headersOf(one)),
    }),
  );
  const encoded = await encodeKafkajs({
    compression: ALL.indexOf(compression),
    firstTimestamp,
    maxTimestamp: Math.max(...written.map(({ timestamp }) => timestamp)),
    lastOffsetDelta: written.length - 1,
    producerEpoch: -1,
    firstSequence: -1,
    records,
  });
  return encoded.buffer;
}

function ours(written: readonly Written[], compression: Compression): Buffer {
  const identity = { producerId: 4711, producerEpoch: 3, baseSequence: 99, isTransactional: true };
  const batch = encodeBatch(encodedOf(written, BATCH_HEADER_BYTES), identity, compression);
  batch.writeBigInt64BE(BigInt(BASE_OFFSET), 0);
  return batch;
}

for (const compression of ALL) {
  test(`@platformatic/kafka reads what we write: ${compression}`, () => {
    fc.assert(
      fc.property(anyWritten, (written) => {
        const [batch] = readRecordsBatches(Reader.from(ours(written, compression)));
        const { firstTimestamp, producerId, producerEpoch, firstSequence } = batch!;
        assert.deepEqual([producerId, producerEpoch, firstSequence], [4711n, 3, 99]);
        const read = batch!.records.map(
          (record): PlainRecord => ({
            offset: Number(batch!.firstOffset) + record.offsetDelta,
            timestamp: Number(firstTimestamp + record.timestampDelta),
            key: record.key,
            value: record.value,
            headers: record.headers as [Buffer, Buffer][],
          }),
        );
        assert.deepEqual(shown(read), shown(expectedOf(written, BASE_OFFSET)));
      }),
      { numRuns: 30 },
    );
  });

  test(`we read what @platformatic/kafka writes: ${compression}`, () => {
    fc.assert(
      fc.property(anyWritten, (drawn) => {
        // It writes timestamps wrong that lie 31 bits or more from the first one.
        const near = ({ timestamp }: Written) => FIRST_MS + ((timestamp - FIRST_MS) % 2 ** 30);
        const written = drawn.map((one) => ({ ...one, timestamp: near(one) }));
        const read = readAll(platformaticBatch(written, compression));
        assert.equal(read.fault, undefined);
        assert.deepEqual(shown(read.records), shown(expectedOf(written)));
      }),
      { numRuns: 30 },
    );
  });
}

for (const compression of OF_KAFKAJS) {
  test(`kafkajs reads what we write: ${compression}`, async () => {
    await fc.assert(
      fc.asyncProperty(anyWritten, async (written) => {
        const batch = await decodeKafkajs(new Decoder(ours(written, compression)));
        assert.deepEqual([batch.producerId, batch.producerEpoch, batch.firstSequence], ['4711', 3, 99]);
        const read = batch.records.map(
          (record: { headers: Record<string, Buffer>; [field: string]: unknown }) => ({
            ...record,
            offset: Number(record.offset),
            timestamp: Number(record.timestamp),
            headers: Object.entries(record.headers).map(([name, value]) => [Buffer.from(name), value]),
          }),
        );
        assert.deepEqual(shown(read), shown(expectedOf(written, BASE_OFFSET)));
      }),
      { numRuns: 30 },
    );
  });

  test(`we read what kafkajs writes: ${compression}`, async () => {
    await fc.assert(
      fc.asyncProperty(anyWritten, async (written) => {
        const read = readAll(await kafkajsBatch(written, compression));
        assert.equal(read.fault, undefined);
        assert.deepEqual(shown(read.records), shown(expectedOf(written)));
      }),
      { numRuns: 30 },
    );
  });
}
