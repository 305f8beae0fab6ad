/** Sinks under test, records for them one by one, and what is to be read of them after. */
import type { TidemarkError } from '../../src/errors.ts';
import type { Block, HeaderStamp, RecordBuffer, Sink, SinkEvents } from '../../src/pipeline/ports.ts';
import type { ClientUnderTest, SinkRequest } from './client.ts';
import { type Bench, Drinker, type ReadRecord, started, unique, until } from './support.ts';

export class SinkLog implements SinkEvents {
  readonly pauses: TidemarkError[] = [];
  resumes = 0;
  paused(cause: TidemarkError): void {
    this.pauses.push(cause);
  }
  resumed(): void {
    this.resumes++;
  }
}

/** Starts a sink and stops it when the test ends. */
export async function openedSink(
  bench: Bench,
  client: ClientUnderTest,
  request: SinkRequest = {},
): Promise<{ sink: Sink; log: SinkLog }> {
  const log = new SinkLog();
  const sink = client.newSink(request, log);
  bench.later(() => sink.stop());
  await sink.start();
  return { sink, log };
}

/** The first `count` records of a topic, and what else a source brings with them. */
export async function readBack(
  bench: Bench,
  client: ClientUnderTest,
  topic: string,
  count: number,
): Promise<ReadRecord[]> {
  const source = client.newSource({ topic, group: unique('group') });
  await started(bench, source);
  const drinker = new Drinker(source);
  await until(`${count} records of ${topic}`, () => drinker.records.length >= count);
  await source.stop();
  return drinker.records;
}

export const NO_HEADERS = new Uint8Array(0);

/** A block of one record, whose offset is `offset`. */
export function blockOf(key: string | null, headers: Uint8Array, offset: number): Block {
  const keyBytes = Buffer.from(key ?? '');
  return {
    lease: { topic: 'input', partition: 5, generation: 1, state: { kind: 'held' } },
    bytes: Buffer.concat([keyBytes, headers]),
    count: 1,
    spans: Int32Array.of(
      key === null ? -1 : 0,
      key === null ? -1 : keyBytes.length,
      -1,
      -1,
      keyBytes.length,
      keyBytes.length + headers.length,
    ),
    offsets: Float64Array.of(offset),
    timestamps: Float64Array.of(1_700_000_000_000),
    nextOffset: offset + 1,
    endOffset: offset + 1,
  };
}

/** A record with the key and the headers of `block`. */
export function append(
  buffer: RecordBuffer,
  block: Block,
  value: string | null,
  timestampMs: number,
  stamp: HeaderStamp,
): void {
  const bytes = Buffer.from(value ?? '');
  buffer.append(block, 0, bytes, value === null ? -1 : 0, bytes.length, timestampMs, stamp);
}
