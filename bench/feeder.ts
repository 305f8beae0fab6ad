/**
 * Keeps a topic filled ahead of a group that reads it, with the same events over and over, until it is killed. Run by
 * bench/pipeline.ts for a soak.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import type { RecordBuffer } from '../src/pipeline/ports.ts';
import { openWriter } from './harness/clients.ts';
import { lagOf } from './harness/lag.ts';
import { encodedTransactions, RECORDS_PER_BATCH } from './harness/transactions.ts';

export interface Feeding {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly topic: string;
  readonly partitions: number;
  readonly group: string;
  /** Events that wait to be read, at least, as far as the brokers can. */
  readonly ahead: number;
}

/** Events that are made once. */
const EVENTS = 100_000;
const BATCHES_PER_SEND = 16;
const LOOK_EVERY_MS = 250;

async function feed({ brokers, registryUrl, topic, partitions, group, ahead }: Feeding): Promise<never> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const sink = openWriter(brokers);
  await sink.start();
  const batches: RecordBuffer[] = [];
  const target = { registryUrl, topic, partitions, events: EVENTS };
  for await (const batch of encodedTransactions(sink, target)) batches.push(batch);
  for (let at = 0; ; ) {
    const { lag } = await lagOf(admin, group, topic);
    if (lag >= ahead) await delay(LOOK_EVERY_MS);
    for (let missing = ahead - lag; missing > 0; missing -= BATCHES_PER_SEND * RECORDS_PER_BATCH) {
      // Never the same batch twice in a send: the sink numbers each in place.
      await sink.send(batches.slice(at, at + BATCHES_PER_SEND));
      at = at + BATCHES_PER_SEND >= batches.length ? 0 : at + BATCHES_PER_SEND;
    }
  }
}

await feed(JSON.parse(process.argv[2]!));
