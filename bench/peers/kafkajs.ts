/**
 * What a careful team writes by hand with the libraries that Node has: a kafkajs consumer that decodes and encodes with avsc, scores
 * in batches and commits once a second. Schemas come from the registry by its client, once each: its own `decode` waits for a promise
 * for every event.
 */
import { readFileSync } from 'node:fs';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import avro from 'avsc';
import kafkajs, { type EachBatchPayload, type KafkaMessage, type Message } from 'kafkajs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Transaction } from '../../tools/simulator/transaction.ts';
import type { Job } from '../harness/job.ts';

const FEATURES = 15;
const FETCH_WAIT_MS = 100;
const FRAME_BYTES = 5;

const job: Job = JSON.parse(process.argv[2]!);
const provenance = {
  'model-name': Buffer.from(job.modelName),
  'model-version': Buffer.from(job.modelVersion),
  'model-digest': Buffer.from(job.modelDigest),
};
// On a small model more threads only spin.
const session = await InferenceSession.create(job.model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
const registry = new SchemaRegistry({ host: job.registryUrl });
const types = new Map<number, { fromBuffer(body: Buffer): Transaction }>();
const scoredType = avro.Type.forSchema(JSON.parse(readFileSync('schemas/scored-transaction.avsc', 'utf8')));
const kafka = new kafkajs.Kafka({ brokers: job.brokers.split(','), logLevel: kafkajs.logLevel.ERROR });
const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
const consumer = kafka.consumer({
  groupId: job.group,
  maxWaitTimeInMs: FETCH_WAIT_MS,
  readUncommitted: job.isolation === 'read_uncommitted',
});
const scratch = Buffer.alloc(4096);

function fillRow(
  row: Float32Array,
  at: number,
  { amount, weekend, night, customer, terminal }: Transaction,
): void {
  row[at] = amount;
  row[at + 1] = weekend ? 1 : 0;
  row[at + 2] = night ? 1 : 0;
  row[at + 3] = customer.count_1d;
  row[at + 4] = customer.mean_amount_1d;
  row[at + 5] = customer.count_7d;
  row[at + 6] = customer.mean_amount_7d;
  row[at + 7] = customer.count_30d;
  row[at + 8] = customer.mean_amount_30d;
  row[at + 9] = terminal.count_1d;
  row[at + 10] = terminal.risk_1d;
  row[at + 11] = terminal.count_7d;
  row[at + 12] = terminal.risk_7d;
  row[at + 13] = terminal.count_30d;
  row[at + 14] = terminal.risk_30d ?? 0;
}

function decide(score: number): string {
  if (score >= 0.9) return 'block';
  return score >= 0.5 ? 'review' : 'allow';
}

function framed(value: unknown): Buffer {
  const end = scoredType.encode(value, scratch, FRAME_BYTES);
  scratch.writeUInt8(0, 0);
  scratch.writeInt32BE(job.schemaId, 1);
  return Buffer.from(scratch.subarray(0, end));
}

async function decode(value: Buffer): Promise<Transaction> {
  const id = value.readInt32BE(1);
  const type = (await registry.getSchema(id)) as { fromBuffer(body: Buffer): Transaction };
  types.set(id, type);
  return type.fromBuffer(value.subarray(FRAME_BYTES));
}

async function score(messages: readonly KafkaMessage[], partition: number): Promise<Message[]> {
  const events: Transaction[] = [];
  for (const { value } of messages) {
    const type = types.get(value!.readInt32BE(1));
    events.push(type?.fromBuffer(value!.subarray(FRAME_BYTES)) ?? (await decode(value!)));
  }
  const rows = new Float32Array(events.length * FEATURES);
  events.forEach((event, row) => {
    fillRow(rows, row * FEATURES, event);
  });
  const features = new Tensor('float32', rows, [events.length, FEATURES]);
  const { probabilities } = await session.run({ features }, ['probabilities']);
  const scores = probabilities!.data as Float32Array;
  const scoredAt = Date.now();
  return events.map((event, row) => ({
    key: messages[row]!.key,
    timestamp: messages[row]!.timestamp,
    headers: { ...provenance, source: `${job.input}/${partition}@${messages[row]!.offset}` },
    value: framed({
      transaction_id: event.transaction_id,
      customer_id: event.customer_id,
      terminal_id: event.terminal_id,
      amount: event.amount,
      event_time: event.event_time,
      score: scores[row * 2 + 1]!,
      decision: decide(scores[row * 2 + 1]!),
      model_version: job.modelVersion,
      scored_at: scoredAt,
    }),
  }));
}

let scored = 0;
let firstMs = 0;
let lastMs = 0;
const finished = Promise.withResolvers<void>();

async function onBatch({ batch, resolveOffset, heartbeat, commitOffsetsIfNecessary }: EachBatchPayload) {
  firstMs ||= performance.now();
  for (let at = 0; at < batch.messages.length; at += job.batchRows) {
    const messages = batch.messages.slice(at, at + job.batchRows);
    const topicMessages = [{ topic: job.output, messages: await score(messages, batch.partition) }];
    await producer.sendBatch({ topicMessages, acks: -1, compression });
    resolveOffset(messages.at(-1)!.offset);
    await commitOffsetsIfNecessary();
    await heartbeat();
    scored += messages.length;
    lastMs = performance.now();
  }
  if (scored >= job.events) finished.resolve();
}

const compression =
  job.compression === 'gzip' ? kafkajs.CompressionTypes.GZIP : kafkajs.CompressionTypes.None;
const admin = kafka.admin();
await Promise.all([admin.connect(), producer.connect(), consumer.connect()]);
const partitions = (await admin.fetchTopicOffsets(job.input)).length;
consumer.on(consumer.events.CRASH, ({ payload }) => finished.reject(payload.error));
await consumer.subscribe({ topic: job.input, fromBeginning: true });
await consumer.run({
  autoCommitInterval: job.commitEveryMs,
  eachBatchAutoResolve: false,
  partitionsConsumedConcurrently: partitions,
  eachBatch: onBatch,
});
await finished.promise;
await consumer.disconnect();
console.log(JSON.stringify({ scored, seconds: (lastMs - firstMs) / 1000 }));
process.exit();
