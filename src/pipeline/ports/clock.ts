/** What time it is and what is to happen later; simulated in tests. */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds that never run backwards. */
  monotonicMs(): number;
  /** Calls `fire` once after `ms`. */
  timer(ms: number, fire: () => void): Timer;
  /** Resolves after timers and sockets that are ready have had their turn. */
  giveWay(): Promise<void>;
}
