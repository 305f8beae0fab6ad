/** `npm run stack -- up | down | status` */
import { join, relative } from 'node:path';
import { styleText } from 'node:util';
import { Command, InvalidArgumentError, Option } from 'commander';
import { givenBy } from './environment.ts';
import { StackError } from './errors.ts';
import { downStack, startStack, statusOf } from './stack.ts';

const DEFAULT_STATE = join(import.meta.dirname, '..', '..', '.stack');

function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value;
  throw new InvalidArgumentError('A port is a whole number from 1 to 65535.');
}

const green = (text: string) => styleText('green', text, { stream: process.stdout });
const red = (text: string) => styleText('red', text, { stream: process.stderr });

function printPlaces(brokers: readonly string[], registryUrl: string | undefined): void {
  console.log(`  brokers   ${brokers.join(',')}`);
  console.log(`  registry  ${registryUrl}`);
}

async function up(options: { brokers: string; port: number; registryPort: number; state: string }) {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new StackError('Interrupted; nothing is left running.'));
  // npm passes on the signal that the terminal sent to both: a second one must not cut the cleaning up short.
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const given = givenBy(process.env);
  const stack = await startStack({
    brokers: options.brokers === '3' ? 3 : 1,
    ports: { broker: options.port, registry: options.registryPort },
    stateDir: options.state,
    given,
    outlives: true,
    signal: interrupted.signal,
    onProgress: (line) => console.log(line),
  });
  if (given.brokers) console.log('Brokers are those of TIDEMARK_BROKERS.');
  if (given.registryUrl) console.log('The registry is that of TIDEMARK_REGISTRY_URL.');
  const headline = stack.wasUp ? 'The stack was up already.' : 'The stack is up.';
  console.log(green(headline));
  printPlaces(stack.brokers, stack.registryUrl);
}

async function down(options: { state: string; keep?: boolean }) {
  const ended = await downStack(options.state, { keep: options.keep ?? false });
  if (!ended) console.log('No stack is up.');
  else console.log(options.keep ? 'The stack is down; its data is kept.' : 'The stack is down.');
}

async function status(options: { state: string; json?: boolean }) {
  const found = await statusOf(options.state);
  if (options.json) {
    console.log(JSON.stringify(found));
  } else if (found.state === 'down') {
    console.log('No stack is up.');
  } else {
    console.log(found.state === 'up' ? green('The stack is up.') : red('The stack is partly up.'));
    printPlaces(found.brokers, found.registryUrl);
    for (const [part, state] of Object.entries(found.parts)) {
      console.log(`  ${part.padEnd(9)} ${state === 'up' ? state : red(state)}`);
    }
  }
  if (found.state !== 'up') process.exitCode = 1;
}

const stateOption = () =>
  new Option('--state <dir>', 'folder of pids, logs and data').default(
    DEFAULT_STATE,
    relative(process.cwd(), DEFAULT_STATE),
  );

// kafkajs arms timers with negative delays (tulios/kafkajs#1751); Node would tell the user of each.
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.name !== 'TimeoutNegativeWarning') console.error(`${warning.name}: ${warning.message}`);
});

const program = new Command('npm run stack --')
  .description('Apache Kafka and a Confluent-compatible schema registry on loopback ports.')
  .helpCommand(false)
  .addHelpText(
    'after',
    `
What runs them: what TIDEMARK_BROKERS and TIDEMARK_REGISTRY_URL name (each may be given alone), else Docker where
an engine answers, else Java 17 or newer with jars that Maven fetches once.

Examples:
  npm run stack -- up                        one broker on 9092, a registry on 8081
  npm run stack -- up --brokers 3            brokers on 9092, 9093 and 9094
  npm run stack -- up --state .stack/second --port 9192 --registry-port 8181
  npm run stack -- status --json
  npm run stack -- down                      ends it and deletes its data
  npm run stack -- down --keep               ends it; the next up finds its topics and schemas again`,
  );

program
  .command('up')
  .description('start it, and return when it serves')
  .addOption(new Option('--brokers <count>', 'how many brokers').choices(['1', '3']).default('1'))
  .option('--port <port>', 'port of the first broker; others take the next ones', port, 9092)
  .option('--registry-port <port>', 'port of the registry', port, 8081)
  .addOption(stateOption())
  .action(up);
program
  .command('down')
  .description('end it and leave nothing running')
  .option('--keep', 'keep topics and schemas for the next up')
  .addOption(stateOption())
  .action(down);
program
  .command('status')
  .description('say what runs; exit status 1 when not all of it does')
  .option('--json', 'as one line of JSON')
  .addOption(stateOption())
  .action(status);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof StackError)) throw error;
  console.error(red(error.message));
  process.exitCode = 1;
}
// Client libraries may hold sockets a little longer than anybody needs them.
process.exit();
