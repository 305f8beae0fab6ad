import ansiEscapes from 'ansi-escapes';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

const DEFAULT_SIZE: ScreenSize = { columns: 80, rows: 24 };

/** A view that has the whole terminal, is drawn again when that is resized, and gives it back as it was. */
export class LiveScreen {
  readonly #out: NodeJS.WriteStream;
  readonly #lines: (size: ScreenSize) => readonly string[];
  readonly #redraw = () => this.draw();
  readonly #giveBack = () => this.close();
  #isOpen = false;

  /** @param lines what to show: at most `rows` lines, none wider than `columns` */
  constructor(out: NodeJS.WriteStream, lines: (size: ScreenSize) => readonly string[]) {
    this.#out = out;
    this.#lines = lines;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Takes the terminal if it has not yet; draws in one write, each line erased only behind what is new, so that nothing flickers. */
  draw(): void {
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#out.write(ansiEscapes.enterAlternativeScreen + ansiEscapes.cursorHide);
      this.#out.on('resize', this.#redraw);
      // However the process ends by itself.
      process.once('exit', this.#giveBack);
    }
    // A terminal that does not know its size says 0.
    const columns = this.#out.columns || DEFAULT_SIZE.columns;
    const rows = this.#out.rows || DEFAULT_SIZE.rows;
    const lines = this.#lines({ columns, rows });
    const drawn = lines.map((line) => line + ansiEscapes.eraseEndLine).join('\r\n');
    this.#out.write(ansiEscapes.cursorTo(0, 0) + drawn + ansiEscapes.eraseDown);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#out.off('resize', this.#redraw);
    process.off('exit', this.#giveBack);
    this.#out.write(ansiEscapes.cursorShow + ansiEscapes.exitAlternativeScreen);
  }
}
