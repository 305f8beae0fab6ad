/**
 * What a careful team writes by hand with the same libraries: a kafkajs consumer that decodes with the registry client, scores
 * in batches, encodes with avsc, publishes the same scored events with the same headers and commits once a second. It checks
 * no ranges, keeps no dead letters and drains nothing; bench/pipeline.ts compares the pipeline with it.
 */
import { readFileSync } from 'node:fs';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import avro from 'avsc';
import kafkajs, { type EachBatchPayload, type KafkaMessage, type Message } from 'kafkajs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { SimulatedTransaction } from '../tools/simulator/transaction.ts';

export interface BaselineJob {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly input: string;
  readonly output: string;
  readonly group: string;
  /** Id of the scored event's schema. */
  readonly schemaId: number;
}

const ROWS = 1_000;
const FEATURES = 15;
const COMMIT_EVERY_MS = 1_000;
const FETCH_WAIT_MS = 100;
const FRAME_BYTES = 5;
const PROVENANCE = {
  'model-name': Buffer.from('card-fraud'),
  'model-version': Buffer.from('1.0.0'),
  'model-digest': Buffer.from('0123456789abcdef'),
};

const { brokers, registryUrl, input, output, group, schemaId }: BaselineJob = JSON.parse(process.argv[2]!);
// One thread, as the pipeline: on a small model more of them only spin.
const session = await InferenceSession.create('models/card-fraud/1.0.0/model.onnx', {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
});
const registry = new SchemaRegistry({ host: registryUrl });
const scoredType = avro.Type.forSchema(JSON.parse(readFileSync('schemas/scored-transaction.avsc', 'utf8')));
const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.ERROR });
const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: FETCH_WAIT_MS });
const scratch = Buffer.alloc(4096);

function fillRow(
  row: Float32Array,
  at: number,
  { amount, weekend, night, customer, terminal }: SimulatedTransaction,
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
  scratch.writeInt32BE(schemaId, 1);
  return Buffer.from(scratch.subarray(0, end));
}

async function score(messages: readonly KafkaMessage[], partition: number): Promise<Message[]> {
  const events: SimulatedTransaction[] = [];
  for (const { value } of messages) events.push(await registry.decode(value!));
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
    headers: { ...PROVENANCE, source: `${input}/${partition}@${messages[row]!.offset}` },
    value: framed({
      transaction_id: event.transaction_id,
      customer_id: event.customer_id,
      terminal_id: event.terminal_id,
      amount: event.amount,
      event_time: event.event_time,
      score: scores[row * 2 + 1]!,
      decision: decide(scores[row * 2 + 1]!),
      model_version: '1.0.0',
      scored_at: scoredAt,
    }),
  }));
}

const admin = kafka.admin();
await Promise.all([admin.connect(), producer.connect(), consumer.connect()]);
const ends = await admin.fetchTopicOffsets(input);
const total = ends.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
let scored = 0;
let firstMs = 0;
let lastMs = 0;
const finished = Promise.withResolvers<void>();
consumer.on(consumer.events.CRASH, ({ payload }) => finished.reject(payload.error));

async function onBatch({ batch, resolveOffset, heartbeat, commitOffsetsIfNecessary }: EachBatchPayload) {
  firstMs ||= performance.now();
  for (let at = 0; at < batch.messages.length; at += ROWS) {
    const messages = batch.messages.slice(at, at + ROWS);
    const topicMessages = [{ topic: output, messages: await score(messages, batch.partition) }];
    await producer.sendBatch({ topicMessages, acks: -1 });
    resolveOffset(messages.at(-1)!.offset);
    await commitOffsetsIfNecessary();
    await heartbeat();
    scored += messages.length;
    lastMs = performance.now();
  }
  if (scored >= total) finished.resolve();
}

await consumer.subscribe({ topic: input, fromBeginning: true });
await consumer.run({
  autoCommitInterval: COMMIT_EVERY_MS,
  eachBatchAutoResolve: false,
  partitionsConsumedConcurrently: ends.length,
  eachBatch: onBatch,
});
await finished.promise;
await consumer.disconnect();
const seconds = (lastMs - firstMs) / 1000;
console.log(JSON.stringify({ scored, seconds, eventsPerSecond: Math.round(scored / seconds) }));
process.exit();
