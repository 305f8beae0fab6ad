import { randomUUID } from 'node:crypto';
import type { TidemarkError } from '../errors.ts';
import {
  type Block,
  HEADERS_END,
  HEADERS_START,
  KEY_END,
  KEY_START,
  SPAN_STRIDE,
  VALUE_END,
  VALUE_START,
} from '../pipeline/ports.ts';
import { KafkaAdmin } from './admin.ts';
import { decodeHeaders, type Header } from './headers.ts';
import type { ClientLog, KafkaConnection } from './kafkajs/client.ts';
import { KafkajsSource } from './kafkajs/source.ts';

export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds; -1 when the record has none. */
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly Header[];
}

export interface ReadOptions {
  /** Default earliest. */
  readonly start?: 'earliest' | { readonly timestampMs: number };
  /** Most records to give; default all. */
  readonly limit?: number;
  readonly readUncommitted?: boolean;
}

/**
 * The records of a topic up to the ends that it has at the call, in order within each partition. Joins no group of
 * anybody's: kafkajs cannot fetch without one, so it reads in a group of its own that commits nothing anyone needs and is
 * deleted afterwards; where groups are restricted, `tidemark-reader-*` has to be allowed. Throws a TidemarkError.
 */
export async function* readTopic(
  connection: KafkaConnection,
  topic: string,
  options: ReadOptions = {},
  log?: ClientLog,
): AsyncGenerator<TopicRecord, void, undefined> {
  const admin = KafkaAdmin.connect(connection, log);
  const group = `tidemark-reader-${randomUUID()}`;
  const start = options.start ?? 'earliest';
  const source = new KafkajsSource(
    connection,
    { topic, group, start, outOfRange: 'earliest', readUncommitted: options.readUncommitted ?? false },
    log,
  );
  try {
    const left = await unreadPartitions(admin, topic, start);
    if (left.size === 0) return;
    let failure: TidemarkError | undefined;
    const stop = (cause: TidemarkError) => {
      failure = cause;
      void source.stop();
    };
    await source.start({
      granted: () => {},
      ending: async () => {},
      gone: () => {},
      paused: stop,
      resumed: () => {},
      failed: stop,
    });
    let given = 0;
    while (left.size > 0) {
      const block = await source.next();
      if (block === undefined) throw failure;
      const end = left.get(block.lease.partition);
      for (let i = 0; end !== undefined && i < block.count && block.offsets[i]! < end; i++) {
        if (given++ === (options.limit ?? Number.POSITIVE_INFINITY)) return;
        yield recordAt(block, i);
      }
      if (end !== undefined && block.nextOffset >= end) left.delete(block.lease.partition);
      source.release(block);
    }
  } finally {
    await source.stop();
    await admin.deleteGroup(group).catch(() => {});
    await admin.close();
  }
}

/** End offset by partition, of those that hold something after `start`. */
async function unreadPartitions(
  admin: KafkaAdmin,
  topic: string,
  start: 'earliest' | { readonly timestampMs: number },
): Promise<Map<number, number>> {
  const ranges = await admin.endOffsets(topic);
  const atTime = start === 'earliest' ? undefined : await admin.offsetsAtTime(topic, start.timestampMs);
  const unread = new Map<number, number>();
  for (const [partition, { low, end }] of ranges) {
    if ((atTime?.get(partition) ?? low) < end) unread.set(partition, end);
  }
  return unread;
}

function recordAt(block: Block, index: number): TopicRecord {
  const { bytes, spans } = block;
  const span = index * SPAN_STRIDE;
  const part = (start: number, end: number) => (start < 0 ? null : bytes.subarray(start, end));
  return {
    partition: block.lease.partition,
    offset: block.offsets[index]!,
    timestampMs: block.timestamps[index]!,
    key: part(spans[span + KEY_START]!, spans[span + KEY_END]!),
    value: part(spans[span + VALUE_START]!, spans[span + VALUE_END]!),
    headers: decodeHeaders(bytes, spans[span + HEADERS_START]!, spans[span + HEADERS_END]!),
  };
}
