import { Registry } from '../../avro/registry.ts';
import type { PipelineConfig } from '../../config/pipelineConfig.ts';
import { TidemarkError } from '../../errors.ts';
import type { Block, LogEnds, TopicReader, TopicReaderEvents } from '../../pipeline/ports.ts';
import { newTopicReader } from '../client.ts';
import { systemClock } from '../clock.ts';
import { openPreview } from './openPreview.ts';
import type { Preview, SeenEvent } from './preview.ts';

/** Where a sample begins; a number is how many offsets before the end of each partition. */
export type SampleStart = 'latest' | 'earliest' | { readonly last: number };

export interface SampleOptions {
  readonly count: number;
  readonly from: SampleStart;
  /** All when absent. */
  readonly partition?: number;
  /** Ends where every partition ends now, instead of waiting for events to come. */
  readonly untilEnd: boolean;
  readonly signal: AbortSignal;
}

export interface SampleEvents {
  seen(event: SeenEvent): void;
  /** Reading has begun. `waiting`: nothing is there yet. */
  began(facts: { topic: string; partitions: number; waiting: boolean }): void;
  /** Something the one who looks should know. */
  warned(message: string): void;
}

/**
 * Shows events of the input topic as the model sees them, without joining the group and without committing anything.
 * @returns how many were shown: fewer than asked for when the end was reached or the signal came.
 * Throws a TidemarkError: E-KAFKA-* or E-REGISTRY-* when they cannot be read, E-USAGE for a partition that is not there.
 */
export async function sampleTopic(
  config: PipelineConfig,
  options: SampleOptions,
  events: SampleEvents,
): Promise<number> {
  const registry = new Registry(config.registry, systemClock);
  const opened = await openPreview(config, registry, () => registry);
  for (const warning of opened.warnings) events.warned(warning);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const reader = newTopicReader(config, config.input.topic, readerEvents(events, failed.reject));
  const { signal } = options;
  const stop = Promise.withResolvers<undefined>();
  const onAbort = () => {
    stop.resolve(undefined);
    // Ends the waiting for a block; a race against `stop` for each would keep them all.
    void reader.stop();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    const work = readSample(reader, opened.preview, { config, options, events }, stop.promise);
    return await Promise.race([work, failed.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    await reader.stop();
    await opened.close();
  }
}

interface Sampling {
  readonly config: PipelineConfig;
  readonly options: SampleOptions;
  readonly events: SampleEvents;
}

async function readSample(
  reader: TopicReader,
  preview: Preview,
  { config, options, events }: Sampling,
  stopped: Promise<undefined>,
): Promise<number> {
  const { topic } = config.input;
  const ends = await Promise.race([reader.ends(), stopped]);
  if (ends === undefined) return 0;
  const from = beginnings(ends, options, topic);
  const unread = new Map([...from].filter(([partition, offset]) => offset < ends.get(partition)!.end));
  events.began({ topic, partitions: from.size, waiting: unread.size === 0 });
  if (options.untilEnd && unread.size === 0) return 0;
  // So that a small sample has events of every partition that has some.
  reader.read(from, Math.ceil(options.count / from.size));
  let shown = 0;
  while (shown < options.count) {
    const block = await reader.next();
    if (block === undefined) return shown;
    const seen = await preview.look(block);
    reader.release(block);
    for (const event of seen) {
      if (shown >= options.count || (options.untilEnd && isBeyond(event, ends))) break;
      events.seen(event);
      shown++;
    }
    if (options.untilEnd && isAtEnd(block, ends, unread)) return shown;
  }
  return shown;
}

function isBeyond({ partition, offset }: SeenEvent, ends: ReadonlyMap<number, LogEnds>): boolean {
  return offset >= ends.get(partition)!.end;
}

/** Whether nothing is left below the ends, after this block. */
function isAtEnd(
  { lease, nextOffset }: Block,
  ends: ReadonlyMap<number, LogEnds>,
  unread: Map<number, number>,
): boolean {
  if (nextOffset >= ends.get(lease.partition)!.end) unread.delete(lease.partition);
  return unread.size === 0;
}

function beginnings(
  ends: ReadonlyMap<number, LogEnds>,
  { from, partition }: SampleOptions,
  topic: string,
): Map<number, number> {
  if (partition !== undefined && !ends.has(partition)) {
    throw new TidemarkError(
      'E-USAGE',
      `${topic} has no partition ${partition}: give --partition a number from 0 to ${ends.size - 1}`,
    );
  }
  const chosen = [...ends].filter(([number]) => partition === undefined || number === partition);
  return new Map(chosen.map(([number, range]) => [number, beginningOf(range, from)]));
}

function beginningOf({ low, end }: LogEnds, from: SampleStart): number {
  if (from === 'latest') return end;
  return from === 'earliest' ? low : Math.max(low, end - from.last);
}

function readerEvents(events: SampleEvents, fail: (cause: TidemarkError) => void): TopicReaderEvents {
  return {
    paused: ({ code, message }) => events.warned(`${message} (${code}); waiting`),
    resumed: () => events.warned('Kafka answers again'),
    stopped: (partition, { code, message }) =>
      events.warned(`partition ${partition} cannot be read on: ${message} (${code})`),
    failed: fail,
  };
}
