import { styleText } from 'node:util';
import ansiEscapes from 'ansi-escapes';
import type { Snapshot, Tone } from '../snapshot.ts';
import { type Summary, summaryLines } from '../summary.ts';
import { type Paint, screen } from '../view/screen.ts';
import { ProgressLine } from './progressLine.ts';
import type { Teller } from './teller.ts';

const STYLES: Record<Tone, Parameters<typeof styleText>[0]> = {
  alarm: 'red',
  notice: 'yellow',
  calm: 'green',
  heading: 'bold',
  faint: 'dim',
  plot: 'cyan',
};

const DEFAULT_SIZE = { columns: 80, rows: 24 };

/** Tells somebody at a terminal: the live view has the whole screen and gives it back, what stays is lines. */
export class TerminalTeller implements Teller {
  readonly #out: NodeJS.WriteStream;
  readonly #progress: ProgressLine;
  readonly #paint: Paint;
  readonly #redraw = () => this.#draw();
  #snapshot: Snapshot | undefined;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    this.#progress = new ProgressLine(out, () => performance.now());
    this.#paint = (tone, text) => styleText(STYLES[tone], text, { stream: out });
  }

  say(line: string): void {
    this.#progress.say(line);
  }

  progress(text: string): void {
    this.#progress.show(text);
  }

  show(snapshot: Snapshot): void {
    if (this.#snapshot === undefined) {
      this.#progress.clear();
      this.#out.write(ansiEscapes.enterAlternativeScreen + ansiEscapes.cursorHide);
      this.#out.on('resize', this.#redraw);
    }
    this.#snapshot = snapshot;
    this.#draw();
  }

  end(summary: Summary): void {
    this.close();
    for (const line of summaryLines(summary, this.#paint)) this.#out.write(`${line}\n`);
  }

  close(): void {
    this.#progress.clear();
    if (this.#snapshot === undefined) return;
    this.#snapshot = undefined;
    this.#out.off('resize', this.#redraw);
    this.#out.write(ansiEscapes.cursorShow + ansiEscapes.exitAlternativeScreen);
  }

  /** In one write, each line erased only behind what is new, so that nothing flickers. */
  #draw(): void {
    // A terminal that does not know its size says 0.
    const columns = this.#out.columns || DEFAULT_SIZE.columns;
    const rows = this.#out.rows || DEFAULT_SIZE.rows;
    const lines = screen(this.#snapshot!, { columns, rows }, this.#paint);
    const drawn = lines.map((line) => line + ansiEscapes.eraseEndLine).join('\r\n');
    this.#out.write(ansiEscapes.cursorTo(0, 0) + drawn + ansiEscapes.eraseDown);
  }
}
