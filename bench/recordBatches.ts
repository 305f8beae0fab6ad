/**
 * ns per record of reading and writing record batches, against the codecs of kafkajs and @platformatic/kafka, in one process and on
 * the same records: their codecs alone, without what their consumers and producers add.
 * Run: node bench/recordBatches.ts [seconds per comparison]
 */
import { createRequire } from 'node:module';
import { createRecordsBatch, Reader, readRecordsBatches } from '@platformatic/kafka';
import { BatchReader } from '../src/kafka/native/wire/batchReader.ts';
import { encodeBatch } from '../src/kafka/native/wire/batchWriter.ts';
import { BATCH_HEADER_BYTES } from '../src/kafka/native/wire/recordBatch.ts';
import { RecordSpans } from '../src/kafka/native/wire/recordSpans.ts';
import { EncodedRecords } from '../src/kafka/records.ts';
import { EncodedStamp } from '../src/kafka/stamp.ts';
import type { Block, Compression } from '../src/pipeline/ports.ts';

const require = createRequire(import.meta.url);
const KafkajsDecoder = require('kafkajs/src/protocol/decoder');
const decodeKafkajs = require('kafkajs/src/protocol/recordBatch/v0/decoder');
const { RecordBatch: encodeKafkajs } = require('kafkajs/src/protocol/recordBatch/v0');
const encodeKafkajsRecord = require('kafkajs/src/protocol/recordBatch/record/v0');

const BATCH = 512;
const BATCHES = 8;
const ROUNDS = 7;
const NOW = 1_700_000_000_000;
const seconds = Number(process.argv[2] ?? 1);
const LIMITS = {
  maxBatchBytes: 1e8,
  maxUncompressedBytes: 1e8,
  maxRecords: BATCH * BATCHES,
  maxBytes: 1e8,
};
const NOBODY = { producerId: -1, producerEpoch: -1, baseSequence: -1, isTransactional: false };
/** What an outgoing record has on it. */
const HEADERS: [string, string][] = [
  ['model-name', 'card-fraud'],
  ['model-version', '1.0.0'],
  ['model-digest', '0123456789abcdef'],
];

/** Half text, half doubles: as well as events compress. */
function eventOf(row: number): Buffer {
  const text = `tx-${String(row).padStart(10, '0')}|c-${row % 5000}|t-${row % 1000}|a few words that nobody reads`;
  const event = Buffer.alloc(5 + text.length + 20 * 8);
  event.write(text, 5);
  for (let i = 0; i < 20; i++)
    event.writeDoubleLE(Math.round(Math.sin(row * i) * 1e4) / 100, 5 + text.length + i * 8);
  return event;
}

const events = Array.from({ length: BATCH }, (_, row) => ({
  key: Buffer.from(`c-${(row * 7919) % 5000}`),
  value: eventOf(row),
  timestamp: NOW + row,
}));

function responseOf(compression: Compression): Buffer {
  const batches = Array.from({ length: BATCHES }, (_, i) => {
    const messages = events.map(({ timestamp, ...event }) => ({
      ...event,
      topic: 'in',
      partition: 0,
      timestamp: BigInt(timestamp),
    }));
    const batch = Buffer.from(createRecordsBatch(messages, { compression }).buffer);
    batch.writeBigInt64BE(BigInt(i * BATCH), 0);
    return batch;
  });
  return Buffer.concat(batches);
}

const reader = new BatchReader(LIMITS);
const spans = new RecordSpans();

function readOurs(response: Buffer): number {
  let count = 0;
  reader.begin(response, 0, response.length, 0);
  while (reader.readBlock(spans, LIMITS)) count += spans.count;
  if (reader.fault !== undefined) throw new Error(reader.fault.detail);
  return count;
}

async function readKafkajs(response: Buffer): Promise<number> {
  let count = 0;
  const decoder = new KafkajsDecoder(response);
  while (decoder.canReadBytes(BATCH_HEADER_BYTES)) count += (await decodeKafkajs(decoder)).records.length;
  return count;
}

function readPlatformatic(response: Buffer): number {
  return readRecordsBatches(Reader.from(response)).reduce((sum, { records }) => sum + records.length, 0);
}

// What is written: the events as they lie in a response, each with a scored value.
const plain = responseOf('none');
reader.begin(plain, 0, plain.length, 0);
reader.readBlock(spans, LIMITS);
const block: Block = {
  lease: { topic: 'in', partition: 0, generation: 1, state: { kind: 'held' } },
  bytes: plain,
  count: spans.count,
  spans: spans.spans.slice(),
  offsets: spans.offsets.map((offset) => offset + 12_345_678),
  timestamps: spans.timestamps.slice(),
  nextOffset: 0,
  endOffset: 0,
};
const value = Buffer.alloc(96, 'scored ');
const records = new EncodedRecords('out', 0, BATCH_HEADER_BYTES);
const stamp = new EncodedStamp(HEADERS, true);

function writeOurs(compression: Compression): number {
  records.reset('out', 0);
  for (let i = 0; i < BATCH; i++) records.append(block, i, value, 0, value.length, NOW + i, stamp);
  return encodeBatch(records, NOBODY, compression).length;
}

async function writeKafkajs(compression: Compression): Promise<number> {
  const headers = Object.fromEntries(HEADERS);
  const encoded = events.map(({ key }, offsetDelta) =>
    encodeKafkajsRecord({
      offsetDelta,
      timestampDelta: offsetDelta,
      key,
      value,
      headers: { ...headers, source: `in/0@${12_345_678 + offsetDelta}` },
    }),
  );
  const batch = await encodeKafkajs({
    compression: compression === 'none' ? 0 : 1,
    firstTimestamp: NOW,
    maxTimestamp: NOW + BATCH,
    lastOffsetDelta: BATCH - 1,
    records: encoded,
  });
  return batch.buffer.length;
}

const headerEntries = HEADERS.map(([name, of]) => [Buffer.from(name), Buffer.from(of)] as const);
const SOURCE = Buffer.from('source');
function writePlatformatic(compression: Compression): number {
  const messages = events.map(({ key }, i) => ({
    topic: 'out',
    partition: 0,
    key,
    value,
    timestamp: BigInt(NOW + i),
    headers: new Map([...headerEntries, [SOURCE, Buffer.from(`in/0@${12_345_678 + i}`)]]),
  }));
  return createRecordsBatch(messages, { compression }).buffer.length;
}

interface Contestant {
  readonly name: string;
  readonly run: () => unknown;
}

/** Prints the median over rounds in which the contestants take turns, so that the machine's moods hit all of them. */
async function compare(what: string, perRun: number, contestants: readonly Contestant[]): Promise<void> {
  const times = contestants.map((): number[] => []);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [i, { run }] of contestants.entries()) {
      const until = performance.now() + (seconds * 1000) / ROUNDS / contestants.length;
      const start = performance.now();
      let runs = 0;
      do {
        await run();
        runs++;
      } while (performance.now() < until);
      // The first round warms up.
      if (round >= 0) times[i]!.push(((performance.now() - start) / runs / perRun) * 1e6);
    }
  }
  const medians = times.map((of) => of.sort((a, b) => a - b)[ROUNDS >> 1]!);
  const shown = contestants.map(({ name }, i) => {
    const ratio = i === 0 ? '' : ` (${(medians[i]! / medians[0]!).toFixed(1)}x)`;
    return `${name} ${medians[i]!.toFixed(0)} ns${ratio}`;
  });
  console.log(`${what.padEnd(14)} ${shown.join('   ')}`);
}

for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
  const response = responseOf(compression);
  const contestants: Contestant[] = [
    { name: 'tidemark', run: () => readOurs(response) },
    { name: '@platformatic/kafka', run: () => readPlatformatic(response) },
  ];
  if (compression === 'none' || compression === 'gzip')
    contestants.push({ name: 'kafkajs', run: () => readKafkajs(response) });
  await compare(`read ${compression}`, BATCH * BATCHES, contestants);
}
for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
  const contestants: Contestant[] = [
    { name: 'tidemark', run: () => writeOurs(compression) },
    { name: '@platformatic/kafka', run: () => writePlatformatic(compression) },
  ];
  if (compression === 'none' || compression === 'gzip')
    contestants.push({ name: 'kafkajs', run: () => writeKafkajs(compression) });
  await compare(`write ${compression}`, BATCH, contestants);
}
