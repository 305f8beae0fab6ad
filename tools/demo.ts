/** `npm run demo`: a simulated stream through a real broker and a real registry, scored live and judged by what turned out true. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { Command, InvalidArgumentError, Option } from 'commander';
import kafkajs from 'kafkajs';
import { DemoError } from './demo/demoError.ts';
import { Interrupts } from './demo/interrupts.ts';
import { chooseVersion } from './demo/pipelineFile.ts';
import { openPlace } from './demo/place.ts';
import type { Choice } from './demo/scoring.ts';
import { show } from './demo/steps.ts';
import { JsonTeller } from './demo/tellers/json.ts';
import { LineTeller } from './demo/tellers/lines.ts';
import type { Teller } from './demo/tellers/teller.ts';
import { TerminalTeller } from './demo/tellers/terminal.ts';
import { worlds } from './demo/worlds/worlds.ts';
import { StackError } from './stack/errors.ts';

interface Flags {
  readonly pipeline: string;
  readonly model?: string;
  readonly events?: number;
  readonly rate: number;
  readonly replicas: number;
  readonly seed: number;
  readonly keepRunning: boolean;
  readonly keep: boolean;
  readonly json: boolean;
}

const MOST_REPLICAS = 16;

/** @returns whether every event was scored. */
async function demo(flags: Flags, teller: Teller, interrupts: Interrupts): Promise<boolean> {
  const world = worlds.find(({ name }) => name === flags.pipeline)!;
  const choice: Choice = {
    ...flags,
    world,
    version: chooseVersion(world.name, flags.model),
    events: flags.events,
  };
  const place = await openPlace({
    keep: flags.keep,
    signal: interrupts.either,
    onProgress: (line) => teller.say(line),
  });
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-demo-'));
  let finished = false;
  try {
    const { missing } = await show(choice, { place, folder, teller, interrupts });
    finished = true;
    return missing === 0;
  } finally {
    teller.close();
    rmSync(folder, { recursive: true, force: true });
    await place.close({ finished });
    if (finished) teller.say(`\n${place.afterwards}`);
  }
}

function tellerFor({ json }: Flags): Teller {
  if (json) return new JsonTeller(process.stdout, process.stderr);
  return process.stdout.isTTY ? new TerminalTeller(process.stdout) : new LineTeller(process.stdout);
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}

function positive(text: string): number {
  const value = whole(text);
  if (value === 0) throw new InvalidArgumentError('Give at least 1.');
  return value;
}

function replicas(text: string): number {
  const value = positive(text);
  if (value > MOST_REPLICAS) throw new InvalidArgumentError(`Give at most ${MOST_REPLICAS}.`);
  return value;
}

function rate(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('Give a whole number of at least 1, or max.');
  return Number(text);
}

// kafkajs arms timers with negative delays (tulios/kafkajs#1751); Node would tell the user of each.
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.name !== 'TimeoutNegativeWarning') console.error(`${warning.name}: ${warning.message}`);
});

const names = worlds.map(({ name }) => name);
const flags = new Command('npm run demo --')
  .description('Scores a simulated stream live, through a real Kafka and a real schema registry.')
  .addOption(new Option('--pipeline <name>', 'what is scored').choices(names).default(names[0]))
  .option('--model <version>', 'which version of its model; the newest unless given')
  .option('--events <n>', 'how many events; without it the days that models are judged on', positive)
  .option('--rate <n>', 'events a second, or max', rate, 4_000)
  .option('--replicas <n>', 'how many processes share the work; kill one and see', replicas, 1)
  .addOption(new Option('--keep-running', 'go on until Ctrl-C, then tell').default(false).conflicts('events'))
  .option('--seed <n>', 'which world; the same seed gives the same events', whole, 0)
  .option('--keep', 'leave the stack up to look at', false)
  .option('--json', 'one object a second and a last one on standard output', false)
  .addHelpText(
    'after',
    `
Where: what TIDEMARK_BROKERS and TIDEMARK_REGISTRY_URL name, else the stack that is up, else one of its own that ends
with the demo. Exit status 0 when every event was scored, 1 when not, 130 after Ctrl-C.

Examples:
  $ npm run demo
  $ npm run demo -- --pipeline click-intent
  $ npm run demo -- --rate 20000 --replicas 2 --keep-running
  $ npm run --silent demo -- --json | jq 'select(.kind == "summary").verdict'`,
  )
  .parse()
  .opts<Flags>();

const teller = tellerFor(flags);
const interrupts = new Interrupts({ finishFirst: flags.keepRunning });
// Whatever ends this process, the terminal is given back.
process.on('exit', () => teller.close());
let status = 0;
try {
  if (!(await demo(flags, teller, interrupts))) status = 1;
} catch (error) {
  teller.close();
  const { either } = interrupts;
  status = either.aborted ? interrupts.exitStatus : 1;
  const fault = either.aborted ? either.reason : error;
  const expected = [DemoError, StackError, kafkajs.KafkaJSError].some((kind) => fault instanceof kind);
  console.error(expected ? styleText('red', fault.message, { stream: process.stderr }) : fault);
}
// Client libraries may hold sockets a little longer than anybody needs them.
process.exit(status);
