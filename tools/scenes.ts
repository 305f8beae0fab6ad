/**
 * `npm run scenes`: does to a pipeline that runs what happens to pipelines, waits until every view of it tells the truth, and
 * makes the pictures of docs/scenes.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { Argument, Command } from 'commander';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { Interrupts } from './demo/interrupts.ts';
import { doctorArgs, inTerminal, topArgs } from './scenes/commands.ts';
import { perform } from './scenes/perform.ts';
import type { Scene } from './scenes/scene.ts';
import { scenes } from './scenes/scenes.ts';
import { openStage, type Stage } from './scenes/stage.ts';
import { terminalPicture } from './scenes/terminal.ts';
import type { SceneWorld } from './scenes/world.ts';
import { launchChromium } from './screens/browser.ts';

const FOLDER = join(import.meta.dirname, '../docs/screens');
/** Whoever reads the book loads them, and git keeps every one for ever. */
const MAX_BYTES = 200_000;
const COLUMNS = 120;

/** @returns whether every view told the truth in every scene. */
async function play(chosen: readonly Scene[], signal: AbortSignal): Promise<boolean> {
  await using closing = new AsyncDisposableStack();
  const stage = await openStage({ signal, onProgress: (line) => console.log(line) });
  closing.defer(() => stage.close());
  const browser = await launchChromium();
  closing.defer(() => browser.close());
  mkdirSync(FOLDER, { recursive: true });
  let allTold = true;
  for (const scene of chosen) {
    console.log(`\n${styleText('bold', scene.name)}: ${scene.title}`);
    try {
      await perform(scene, {
        stage,
        browser,
        told: (view, words) => console.log(`  ${view.padEnd(8)} ${words}`),
        after: (world, console) => shoot(scene, world, { stage, browser, console }),
      });
    } catch (error) {
      // The other scenes may be played all the same.
      if (signal.aborted) throw error;
      allTold = false;
      console.error(styleText('red', String((error as Error).stack), { stream: process.stderr }));
    }
  }
  return allTold;
}

interface Shooting {
  readonly stage: Stage;
  readonly browser: Browser;
  readonly console: Page;
}

async function shoot(
  { name }: Scene,
  world: SceneWorld,
  { stage, browser, console: page }: Shooting,
): Promise<void> {
  const keep = async (of: string, png: Buffer) => {
    // Few colours are used: a palette of them makes a third of the bytes.
    const small = await sharp(png).png({ palette: true, effort: 10 }).toBuffer();
    const file = `${name}-${of}.png`;
    if (small.length > MAX_BYTES)
      throw new Error(`The picture ${file} has ${small.length} bytes; the book takes ${MAX_BYTES}.`);
    writeFileSync(join(FOLDER, file), small);
  };
  await keep('console', await page.screenshot({ fullPage: true }));
  const file = world.pipeline.path;
  for (const [of, args] of [
    ['top', topArgs(file)],
    ['doctor', doctorArgs(file)],
  ] as const) {
    const output = await inTerminal(args, COLUMNS, stage);
    await keep(
      of,
      await terminalPicture(browser, { output, columns: COLUMNS, prompt: `tidemark ${args.join(' ')}` }),
    );
  }
}

const names = scenes.map(({ name }) => name);
const command = new Command('npm run scenes --')
  .description(
    'Does to a running pipeline what goes wrong with pipelines, and holds every view of it to the truth.',
  )
  .addArgument(new Argument('[scene...]', 'which ones; all unless given').choices(names))
  .addHelpText(
    'after',
    `
Starts brokers, a registry and replicas of its own; takes a minute or two a scene. Prints what each view said and makes
docs/screens/SCENE-{console,top,doctor}.png. Needs Chromium on PATH. Exit status 0 when every view told the truth, 1 when one
did not, 130 after Ctrl-C.

Scenes:
${scenes.map(({ name, title }) => `  ${name.padEnd(18)} ${title}`).join('\n')}

Examples:
  $ npm run scenes
  $ npm run scenes -- stuck-partition hot-key`,
  )
  .parse();

const interrupts = new Interrupts({ finishFirst: false });
const chosen = command.args.length === 0 ? scenes : scenes.filter(({ name }) => command.args.includes(name));
let status = 0;
try {
  if (!(await play(chosen, interrupts.either))) status = 1;
} catch (error) {
  status = interrupts.either.aborted ? interrupts.exitStatus : 1;
  const fault = interrupts.either.aborted ? interrupts.either.reason : error;
  console.error(styleText('red', String((fault as Error).stack ?? fault), { stream: process.stderr }));
}
// Client libraries may hold sockets a little longer than anybody needs them.
process.exit(status);
