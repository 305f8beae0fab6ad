import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';

const require = createRequire(import.meta.url);
const SCRIPT = require.resolve('@xterm/xterm');
const STYLE = require.resolve('@xterm/xterm/css/xterm.css');

export interface Terminal {
  /** As the command wrote it to a terminal of so many columns. */
  readonly output: string;
  readonly columns: number;
  /** What somebody would have typed. */
  readonly prompt: string;
}

/** A PNG of a terminal with what a command wrote to it: by a terminal emulator, which knows colours and lines that were taken back. */
export async function terminalPicture(
  browser: Browser,
  { output, columns, prompt }: Terminal,
): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width: 1600, height: 1600 } });
  try {
    await page.setContent(
      '<style>body { margin: 0 } #terminal { display: inline-block; padding: 14px; background: #16181d }</style><div id="terminal"></div>',
    );
    await page.addStyleTag({ path: STYLE });
    await page.addScriptTag({ path: SCRIPT });
    const text = `$ ${prompt}\r\n${output.trimEnd()}`;
    const rows = text.split('\n').length;
    await page.evaluate(draw, { text, columns: columns + 1, rows });
    return await page.locator('#terminal').screenshot();
  } finally {
    await page.close();
  }
}

/** Runs in the page. */
async function draw({ text, columns, rows }: { text: string; columns: number; rows: number }): Promise<void> {
  const { Terminal, document, requestAnimationFrame } = globalThis as unknown as {
    requestAnimationFrame(done: () => void): void;
    Terminal: new (
      options: object,
    ) => { open(parent: unknown): void; write(text: string, done: () => void): void };
    document: { getElementById(id: string): unknown };
  };
  const terminal = new Terminal({
    cols: columns,
    rows,
    convertEol: true,
    cursorInactiveStyle: 'none',
    fontSize: 13,
    lineHeight: 1.25,
    fontFamily: 'DejaVu Sans Mono, Liberation Mono, monospace',
    theme: { background: '#16181d', foreground: '#d7dae0' },
  });
  terminal.open(document.getElementById('terminal'));
  await new Promise<void>((resolve) => terminal.write(text, resolve));
  // It draws with the next frame.
  await new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
}
