import type { Snapshot } from '../snapshot.ts';
import type { Summary } from '../summary.ts';
import type { Screen } from './progressLine.ts';
import type { Teller } from './teller.ts';

const LINE_EVERY_MS = 1_000;

/** Tells a program: an object a second on standard output and a last one, words for people on standard error. */
export class JsonTeller implements Teller {
  readonly #out: Screen;
  readonly #words: Screen;
  #shownAtMs = Number.NEGATIVE_INFINITY;

  constructor(out: Screen, words: Screen) {
    this.#out = out;
    this.#words = words;
  }

  say(line: string): void {
    this.#words.write(`${line}\n`);
  }

  progress(_text: string): void {}

  show(snapshot: Snapshot): void {
    if (snapshot.elapsedMs - this.#shownAtMs < LINE_EVERY_MS) return;
    this.#shownAtMs = snapshot.elapsedMs;
    // What was before stands in the lines before.
    const { past: _past, batches, flagged, ...now } = snapshot;
    const [latest] = flagged;
    const closed = Object.fromEntries(batches.closed);
    this.#write({ kind: 'progress', ...now, batches: { ...batches, closed }, flagged: latest ?? null });
  }

  end(summary: Summary): void {
    this.#write({ kind: 'summary', ...summary });
  }

  close(): void {}

  #write(value: object): void {
    this.#out.write(`${JSON.stringify(value, rounded)}\n`);
  }
}

/** Nothing here is known to more digits. */
const DIGITS = 6;

function rounded(_name: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value;
}
