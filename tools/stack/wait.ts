import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks `condition` until it answers something other than undefined or false, and gives that answer.
 * @throws when `deadlineMs` passes, naming `what` was waited for, or when `signal` aborts.
 */
export async function waitFor<T>(
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  what: string,
  deadlineMs: number,
  options: { everyMs?: number; signal?: AbortSignal } = {},
): Promise<T> {
  const until = performance.now() + deadlineMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const answer = await condition();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > until) throw new Error(`Waited ${deadlineMs} ms in vain for ${what}.`);
    await delay(options.everyMs ?? 50);
  }
}
