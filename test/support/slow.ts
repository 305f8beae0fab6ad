/** The card pipeline made slow, so that a test meets it mid-way. */
import type { TestContext } from 'node:test';
import { type CardFraud, type CardFraudOptions, countOf, newCardFraud } from './cardFraud.ts';
import { waitFor } from './stack.ts';
import type { TidemarkProcess } from './tidemark.ts';

/** Batches of a few rows: what is slow is then the round trip to the broker, not the machine. */
const SLOW = { 'batching.max_rows': 4, commit_every: '300ms' };

export function newSlowCardFraud(t: TestContext, options: CardFraudOptions = {}): Promise<CardFraud> {
  return newCardFraud(t, { ...options, settings: { ...SLOW, ...options.settings } });
}

/** Waits until the output topic holds so many scored events; fails when one of the processes ends before. */
export async function untilScored(
  pipeline: CardFraud,
  count: number,
  ...running: readonly TidemarkProcess[]
): Promise<void> {
  const enough = async () => {
    if ((await countOf(pipeline.output)) >= count) return true;
    const ended = running.find((run) => run.end !== undefined);
    if (ended !== undefined)
      throw new Error(`A process ended before ${count} events were scored.\n${ended.story()}`);
    return false;
  };
  await waitFor(enough, `${count} scored events`, 60_000);
}
