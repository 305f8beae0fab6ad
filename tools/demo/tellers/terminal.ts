import { styleText } from 'node:util';
import { LiveScreen } from '../../../src/cli/liveScreen.ts';
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

/** Tells somebody at a terminal: the live view has the whole screen and gives it back, what stays is lines. */
export class TerminalTeller implements Teller {
  readonly #out: NodeJS.WriteStream;
  readonly #progress: ProgressLine;
  readonly #paint: Paint;
  readonly #live: LiveScreen;
  #snapshot: Snapshot | undefined;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    this.#progress = new ProgressLine(out, () => performance.now());
    this.#paint = (tone, text) => styleText(STYLES[tone], text, { stream: out });
    this.#live = new LiveScreen(out, (size) => screen(this.#snapshot!, size, this.#paint));
  }

  say(line: string): void {
    this.#progress.say(line);
  }

  progress(text: string): void {
    this.#progress.show(text);
  }

  show(snapshot: Snapshot): void {
    if (!this.#live.isOpen) this.#progress.clear();
    this.#snapshot = snapshot;
    this.#live.draw();
  }

  end(summary: Summary): void {
    this.close();
    for (const line of summaryLines(summary, this.#paint)) this.#out.write(`${line}\n`);
  }

  close(): void {
    this.#progress.clear();
    this.#live.close();
  }
}
