import type { Clock } from '../pipeline/ports.ts';

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  timer: (ms, fire) => {
    const timeout = setTimeout(fire, ms);
    return { cancel: () => clearTimeout(timeout) };
  },
  giveWay: () => new Promise((resolve) => setImmediate(resolve)),
};
