/** Signals by which a person, a terminal that closes or a supervisor asks a command to end. */
import { constants } from 'node:os';

const NAMES = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Tells each of them by the exit status that says so: 128 and its number.
 * @returns how to listen no more
 */
export function onSignals(told: (exitStatus: number) => void): () => void {
  const listeners = NAMES.map((name) => [name, () => told(128 + constants.signals[name])] as const);
  for (const [name, listener] of listeners) process.on(name, listener);
  return () => {
    for (const [name, listener] of listeners) process.off(name, listener);
  };
}

/** For a command that has nothing to finish first: ends the process at once, through its `exit` listeners. */
export function exitOnSignals(): () => void {
  return onSignals((exitStatus) => process.exit(exitStatus));
}

export interface Asked {
  /** Aborted by the first. */
  readonly signal: AbortSignal;
  /** By the latest one; undefined before. */
  readonly exitStatus: number | undefined;
}

/** For a command that finishes what it has in hand: the first one asks it to, the second ends the process at once. */
export function abortOnSignals(): Asked {
  const stop = new AbortController();
  const asked: { signal: AbortSignal; exitStatus: number | undefined } = {
    signal: stop.signal,
    exitStatus: undefined,
  };
  onSignals((exitStatus) => {
    asked.exitStatus = exitStatus;
    if (stop.signal.aborted) process.exit(exitStatus);
    stop.abort();
  });
  return asked;
}

/** To race what would not end by itself. */
export function aborted(signal: AbortSignal): Promise<'aborted'> {
  if (signal.aborted) return Promise.resolve('aborted');
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted'), { once: true }));
}
