const REDRAW_MS = 100;
const PLAIN_LINE_MS = 5_000;

/** What is written to: the standard output, or its stand-in. */
export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** One line that tells how far something is: redrawn in a terminal; elsewhere now and then a line of its own. */
export class ProgressLine {
  readonly #screen: Screen;
  readonly #now: () => number;
  #shownAtMs: number;
  #drawn = false;

  /** @param now milliseconds that never run backwards */
  constructor(screen: Screen, now: () => number) {
    this.#screen = screen;
    this.#now = now;
    this.#shownAtMs = screen.isTTY === true ? Number.NEGATIVE_INFINITY : now();
  }

  /** Shows a line, unless one was shown a moment ago. */
  show(text: string): void {
    const terminal = this.#screen.isTTY === true;
    const now = this.#now();
    if (now - this.#shownAtMs < (terminal ? REDRAW_MS : PLAIN_LINE_MS)) return;
    this.#shownAtMs = now;
    this.#drawn = terminal;
    this.#screen.write(terminal ? `\r\x1b[2K${text}` : `${text}\n`);
  }

  /** Replaces what is shown by a line that stays. */
  say(text: string): void {
    this.clear();
    this.#screen.write(`${text}\n`);
  }

  /** Leaves no half-drawn line behind. */
  clear(): void {
    if (this.#drawn) this.#screen.write('\r\x1b[2K');
    this.#drawn = false;
  }
}
