/** Whether two contestants publish the same: compared on the first records of each partition. */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import avro from 'avsc';
import type { KafkaMessage } from 'kafkajs';
import type { Ground } from './ground.ts';

const FRAME_BYTES = 5;
/** ONNX Runtime's floats differ a little between releases and batch sizes. */
const SCORE_TOLERANCE = 1e-4;

export interface Scored {
  readonly partition: number;
  readonly key: string;
  readonly timestamp: string;
  readonly schemaId: number;
  readonly headers: Readonly<Record<string, string>>;
  /** All fields but `score` and `scored_at`. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly score: number;
}

/** Scored events by the place of the event in the input topic. */
export type Sample = ReadonlyMap<string, Scored>;

/** What two samples of scored events say differently about one input event, in words; undefined when they agree. */
export function disagreement(ours: Sample, theirs: Sample): string | undefined {
  let compared = 0;
  for (const [source, mine] of ours) {
    const other = theirs.get(source);
    if (other === undefined) continue;
    compared++;
    const { score, ...rest } = mine;
    const { score: otherScore, ...otherRest } = other;
    if (Math.abs(score - otherScore) > SCORE_TOLERANCE || !isDeepStrictEqual(rest, otherRest)) {
      return `${source} became ${JSON.stringify(mine)} and ${JSON.stringify(other)}`;
    }
  }
  return compared === 0 ? 'no event is in both samples' : undefined;
}

/** The first `perPartition` records, and some more, of each of the topic's partitions. */
export async function readSample(ground: Ground, topic: string, perPartition: number): Promise<Sample> {
  const { kafka, admin, signal } = ground;
  const type = avro.Type.forSchema(JSON.parse(readFileSync('schemas/scored-transaction.avsc', 'utf8')));
  const sample = new Map<string, Scored>();
  const ends = await admin.fetchTopicOffsets(topic);
  const wanted = new Map(
    ends.map(({ partition, high }) => [partition, Math.min(perPartition, Number(high))]),
  );
  const consumer = kafka.consumer({ groupId: `${topic}-sample`, maxWaitTimeInMs: 200 });
  const { promise: enough, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  try {
    signal.throwIfAborted();
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) add(sample, message, batch.partition, type);
        wanted.set(batch.partition, (wanted.get(batch.partition) ?? 0) - batch.messages.length);
        if ([...wanted.values()].every((left) => left <= 0)) resolve();
      },
    });
    await enough;
  } finally {
    signal.removeEventListener('abort', abort);
    await consumer.disconnect();
  }
  return sample;
}

function add(sample: Map<string, Scored>, message: KafkaMessage, partition: number, type: avro.Type): void {
  const value = message.value!;
  const { score, scored_at: _, ...fields } = type.fromBuffer(value.subarray(FRAME_BYTES));
  const headers = Object.fromEntries(
    Object.entries(message.headers ?? {}).map(([name, text]) => [name, String(text)]),
  );
  sample.set(headers.source ?? '', {
    partition,
    key: String(message.key),
    timestamp: message.timestamp,
    schemaId: value.readInt32BE(1),
    headers,
    fields,
    score,
  });
}
