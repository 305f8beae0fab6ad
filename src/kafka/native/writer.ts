/**
 * Writes single records to topics (the TopicWriter port), off the hot path. Its sink is thrown away after a failure: what it
 * still would send then must not arrive after somebody was told that it did not.
 */
import { TidemarkError } from '../../errors.ts';
import {
  type Block,
  KEY_END,
  KEY_START,
  type Lease,
  SPAN_STRIDE,
  type TopicWriter,
} from '../../pipeline/ports.ts';
import type { KafkaConnection } from '../connection.ts';
import { kafkaError } from '../errors.ts';
import { NativeSink } from './sink.ts';

const PARTITION = 0;
const NO_GENERATION = -1;

export class NativeTopicWriter implements TopicWriter {
  readonly #connection: KafkaConnection;
  #sink: NativeSink | undefined;
  /** Why the sink waits, if it does. */
  #trouble: TidemarkError | undefined;
  #closed = false;

  constructor(connection: KafkaConnection) {
    this.#connection = connection;
  }

  async write(topic: string, key: string, value: string, withinMs: number): Promise<void> {
    if (this.#closed) throw new TidemarkError('E-KAFKA-UNREACHABLE', `writing to ${topic}: closed`);
    this.#sink ??= this.#open();
    const sink = this.#sink;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(this.#tooLate(topic, withinMs)), withinMs);
    try {
      await Promise.race([send(sink, topic, key, value), late.promise]);
    } catch (thrown) {
      if (this.#sink === sink) this.#sink = undefined;
      await sink.stop();
      throw kafkaError(thrown, `writing to ${topic}`);
    } finally {
      clearTimeout(timer);
    }
  }

  async stop(): Promise<void> {
    this.#closed = true;
    await this.#sink?.stop();
  }

  #open(): NativeSink {
    this.#trouble = undefined;
    return new NativeSink(
      this.#connection,
      {},
      {
        paused: (cause) => {
          this.#trouble = cause;
        },
        resumed: () => {
          this.#trouble = undefined;
        },
      },
    );
  }

  #tooLate(topic: string, withinMs: number): TidemarkError {
    const what = `${topic} did not take a record within ${withinMs} ms`;
    if (this.#trouble === undefined) return new TidemarkError('E-KAFKA-UNREACHABLE', what);
    return new TidemarkError(this.#trouble.code, `${what}: ${this.#trouble.message}`);
  }
}

async function send(sink: NativeSink, topic: string, key: string, value: string): Promise<void> {
  await sink.start();
  const records = sink.newRecords(topic, PARTITION);
  const bytes = Buffer.from(value);
  const stamp = sink.newStamp([], { source: false });
  records.append(keyAlone(topic, key), 0, bytes, 0, bytes.length, Date.now(), stamp);
  const [refusal] = await sink.send([records]);
  if (refusal !== undefined) throw new TidemarkError(refusal.code, refusal.detail);
  sink.release(records);
}

/** Sinks take key and headers from the record that a value was made of: here it has a key and nothing else. */
function keyAlone(topic: string, key: string): Block {
  const bytes = Buffer.from(key);
  const spans = new Int32Array(SPAN_STRIDE).fill(-1);
  spans[KEY_START] = 0;
  spans[KEY_END] = bytes.length;
  const lease: Lease = { topic, partition: PARTITION, generation: NO_GENERATION, state: { kind: 'held' } };
  const offsets = Float64Array.of(0);
  const timestamps = Float64Array.of(-1);
  return { lease, bytes, count: 1, spans, offsets, timestamps, nextOffset: 1, endOffset: 1 };
}
