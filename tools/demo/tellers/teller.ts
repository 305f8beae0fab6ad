import type { Snapshot } from '../snapshot.ts';
import type { Summary } from '../summary.ts';

/** How the demo tells what it does: to somebody at a terminal, to a log, or to a program. */
export interface Teller {
  /** Something is done, or begins. */
  say(line: string): void;
  /** How far it is; the next one replaces it where that can be. */
  progress(text: string): void;
  /** What is seen now; called twice a second. */
  show(snapshot: Snapshot): void;
  /** Goes back to lines, and tells the end. */
  end(summary: Summary): void;
  /** Leaves the terminal as it was found. May be called at any time, more than once. */
  close(): void;
}
