import type { RecordBuffer } from '../../src/pipeline/ports.ts';
import { openWriter } from './clients.ts';
import { encodedTransactions, type Target } from './transactions.ts';

const BATCHES_PER_SEND = 16;
const TELL_EVERY_MS = 2_000;

export interface Filling extends Target {
  readonly brokers: readonly string[];
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** Writes a topic's events. */
export async function fillTopic(filling: Filling): Promise<void> {
  const { brokers, topic, events, signal, onProgress } = filling;
  const sink = openWriter(brokers);
  await sink.start();
  let full: RecordBuffer[] = [];
  let written = 0;
  let toldMs = performance.now();
  const send = async () => {
    signal.throwIfAborted();
    await sink.send(full);
    written += full.reduce((sum, { count }) => sum + count, 0);
    full = [];
    if (performance.now() - toldMs < TELL_EVERY_MS && written < events) return;
    toldMs = performance.now();
    onProgress(`${written} of ${events} events written to ${topic}`);
  };
  try {
    for await (const batch of encodedTransactions(sink, filling)) {
      full.push(batch);
      if (full.length === BATCHES_PER_SEND) await send();
    }
    if (full.length > 0) await send();
  } finally {
    await sink.stop();
  }
}
