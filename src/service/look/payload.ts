import { EventDecoder } from '../../avro/decodeEvent.ts';
import { schemaIdOf } from '../../avro/framing.ts';
import { parseSchemaText } from '../../avro/parseSchema.ts';
import { Registry } from '../../avro/registry.ts';
import type { PipelineConfig } from '../../config/pipelineConfig.ts';
import { giveUpAfter } from '../../deadlines/giveUpAfter.ts';
import { within } from '../../deadlines/within.ts';
import { asTidemarkError, TidemarkError } from '../../errors.ts';
import type { PayloadView } from '../../http/api/rejections.ts';
import { type Block, keyView, type TopicReader, valueView } from '../../pipeline/ports.ts';
import { newTopicReader } from '../client.ts';
import { systemClock } from '../clock.ts';

/** For reading and decoding together: whoever asks, such as the console, gives up after eight seconds. */
const PATIENCE_MS = 6_000;
/** After it, what connections may take to close. */
const CLOSE_TIMEOUT_MS = 1_000;
/** Of what cannot be decoded, enough to see what it is. */
const HEX_BYTES = 512;
const PLACE = /\/(\d+)@(\d+)$/;

/**
 * Reads one record of the input topic again, for people: nothing of it was kept. Joins no group, commits nothing.
 * @param place `topic/partition@offset`
 * @throws TidemarkError E-KAFKA-* when it cannot be read, or is no longer in the log.
 */
export async function readPayload(config: PipelineConfig, place: string): Promise<PayloadView> {
  const untilMs = performance.now() + PATIENCE_MS;
  const [, partition, offset] = PLACE.exec(place) ?? [];
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const reader = newTopicReader(config, config.input.topic, {
    paused: failed.reject,
    resumed: () => {},
    stopped: (_, cause) => failed.reject(cause),
    failed: failed.reject,
  });
  try {
    const record = readRecord(reader, Number(partition), Number(offset));
    const reading = Promise.race([record, failed.promise]);
    const read = await within(PATIENCE_MS, 'E-KAFKA-UNREACHABLE', `reading ${place}`, reading);
    if (read === undefined) throw new TidemarkError('E-USAGE', `${place} is no longer in the log`);
    const { value, ...rest } = read;
    return { place, bytes: value?.length ?? 0, ...rest, ...(await decoded(config, value, untilMs)) };
  } finally {
    await giveUpAfter(CLOSE_TIMEOUT_MS, reader.stop());
  }
}

interface RawRecord {
  readonly timestampMs: number;
  readonly key: string | null;
  /** Null of a tombstone. */
  readonly value: Uint8Array | null;
}

/** Undefined when the log has no such record. */
async function readRecord(
  reader: TopicReader,
  partition: number,
  offset: number,
): Promise<RawRecord | undefined> {
  reader.read(new Map([[partition, offset]]), 1);
  for (;;) {
    const block = await reader.next();
    if (block === undefined) return undefined;
    const index = block.offsets.subarray(0, block.count).indexOf(offset);
    if (index >= 0) return recordOf(block, index);
    if (block.nextOffset > offset) return undefined;
    reader.release(block);
  }
}

function recordOf(block: Block, index: number): RawRecord {
  const key = keyView(block, index);
  return {
    timestampMs: block.timestamps[index]!,
    key: key === undefined ? null : Buffer.from(key).toString(),
    value: valueView(block, index)?.slice() ?? null,
  };
}

async function decoded(
  config: PipelineConfig,
  value: Uint8Array | null,
  untilMs: number,
): Promise<Pick<PayloadView, 'value' | 'undecoded' | 'hex'>> {
  if (value === null) return { undecoded: 'the record has no value' };
  try {
    return { value: await decode(config, value, untilMs) };
  } catch (cause) {
    const { code, message } = asTidemarkError(cause);
    const hex = Buffer.from(value.subarray(0, HEX_BYTES)).toString('hex');
    return { undecoded: `${message} (${code})`, hex };
  }
}

async function decode(config: PipelineConfig, value: Uint8Array, untilMs: number): Promise<unknown> {
  const id = schemaIdOf(value, 0, value.length);
  if (id < 0)
    throw new TidemarkError('E-AVRO-FRAME', 'the value does not begin with a zero byte and a schema id');
  const registry = new Registry(config.registry, systemClock);
  const leftMs = Math.max(1, Math.round(untilMs - performance.now()));
  const found = await within(
    leftMs,
    'E-REGISTRY-UNREACHABLE',
    `asking the registry for schema ${id}`,
    registry.schemaById(id),
  ).finally(() => registry.stop());
  if (found.kind !== 'schema') throw new TidemarkError('E-SCHEMA-UNKNOWN', `schema ${id} is not one of Avro`);
  return new EventDecoder(parseSchemaText(found.schema.schema, found.schema.references)).decode(value);
}
