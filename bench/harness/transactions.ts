import type { Block, RecordBuffer, Sink } from '../../src/pipeline/ports.ts';
import { register } from '../../tools/demo/register.ts';
import { transactionEncoder, transactionSchema } from '../../tools/simulator/avro.ts';
import { transactions } from '../../tools/simulator/simulate.ts';

const SEED = 1;
/** As a busy producer's batches: some 80 KB. */
export const RECORDS_PER_BATCH = 500;

export interface Target {
  readonly registryUrl: string;
  readonly topic: string;
  readonly partitions: number;
  readonly events: number;
}

/** Simulated card payments, framed and encoded, each under its customer's key for the partition that Java's producers choose. */
export async function* encodedTransactions(sink: Sink, to: Target): AsyncGenerator<RecordBuffer> {
  const { registryUrl, topic, partitions, events } = to;
  const encode = transactionEncoder(await register(`${topic}-value`, transactionSchema, registryUrl));
  const stamp = sink.newStamp([], { source: false });
  const open = new Map<number, RecordBuffer>();
  for (const transaction of transactions(events, SEED)) {
    const key = Buffer.from(transaction.customer_id);
    const partition = sink.partitionOfKey(key, 0, key.length, partitions);
    const buffer = open.get(partition) ?? sink.newRecords(topic, partition);
    const value = encode(transaction);
    buffer.append(keyed(key, topic, partition), 0, value, 0, value.length, Date.now(), stamp);
    if (buffer.count < RECORDS_PER_BATCH) open.set(partition, buffer);
    else {
      open.delete(partition);
      yield buffer;
    }
  }
  yield* open.values();
}

/** What a record that is written takes from the one it was made of: a key, and no headers. */
function keyed(key: Uint8Array, topic: string, partition: number): Block {
  return {
    lease: { topic, partition, generation: 0, state: { kind: 'held' } },
    bytes: key,
    count: 1,
    spans: Int32Array.of(0, key.length, -1, -1, -1, -1),
    offsets: Float64Array.of(0),
    timestamps: Float64Array.of(-1),
    nextOffset: 1,
    endOffset: 1,
  };
}
