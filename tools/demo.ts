/** `npm run demo`: a stream of card transactions through a real broker and a real registry, scored and read back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import kafkajs from 'kafkajs';
import { DemoError } from './demo/demoError.ts';
import { openPlace } from './demo/place.ts';
import { scoreTransactions } from './demo/steps.ts';
import { StackError } from './stack/errors.ts';

interface Choice {
  readonly events: number;
  readonly seed: number;
  readonly keep: boolean;
}

/** @returns whether every transaction was scored. */
async function demo(choice: Choice, signal: AbortSignal): Promise<boolean> {
  const place = await openPlace({ keep: choice.keep, signal, onProgress: (line) => console.log(line) });
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-demo-'));
  let finished = false;
  try {
    const complete = await scoreTransactions({ ...choice, place, folder, signal });
    finished = true;
    return complete;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await place.close({ finished });
    if (finished) console.log(`\n${place.afterwards}`);
  }
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

// kafkajs arms timers with negative delays (tulios/kafkajs#1751); Node would tell the user of each.
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.name !== 'TimeoutNegativeWarning') console.error(`${warning.name}: ${warning.message}`);
});

const choice = new Command('npm run demo --')
  .description('Scores simulated card transactions through a real Kafka and a real schema registry.')
  .option('--events <n>', 'how many transactions', positive, 200_000)
  .option('--seed <n>', 'which world they come from; the same seed gives the same transactions', whole, 1)
  .option('--keep', 'leave the stack up to look at', false)
  .addHelpText(
    'after',
    `
Where: what TIDEMARK_BROKERS and TIDEMARK_REGISTRY_URL name, else the stack that is up, else one of its own that ends
with the demo. Exit status 0 when every transaction was scored.`,
  )
  .parse()
  .opts<Choice>();

const interrupted = new AbortController();
// A second signal must not cut the cleaning up short: npm passes on the one that the terminal sent to both.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () =>
    interrupted.abort(new DemoError('Interrupted; nothing that the demo started is left running.')),
  );
}

const INTERRUPTED_STATUS = 130;
let status = 0;
try {
  if (!(await demo(choice, interrupted.signal))) status = 1;
} catch (error) {
  status = interrupted.signal.aborted ? INTERRUPTED_STATUS : 1;
  const fault = interrupted.signal.aborted ? interrupted.signal.reason : error;
  const expected = [DemoError, StackError, kafkajs.KafkaJSError].some((kind) => fault instanceof kind);
  console.error(expected ? styleText('red', fault.message, { stream: process.stderr }) : fault);
}
// Client libraries may hold sockets a little longer than anybody needs them.
process.exit(status);
