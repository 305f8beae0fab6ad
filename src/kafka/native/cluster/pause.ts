import { setTimeout as sleep } from 'node:timers/promises';

/** Waits so long, or until the signal: never rejects, and leaves no timer behind then. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
}
