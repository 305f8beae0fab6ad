import { Command, InvalidArgumentError } from 'commander';
import { PEER_NAMES, type PeerName } from './contestants.ts';

export interface BenchOptions {
  readonly events: number;
  readonly rounds: number;
  readonly peers: readonly PeerName[];
  /** At least one. */
  readonly partitions: readonly number[];
  /** `kafka.client`; undefined for the configuration's. */
  readonly client: string | undefined;
  readonly stages: boolean;
  /** Minutes. */
  readonly soak: number | undefined;
  /** What an event costs without Kafka: only that, not at all, or (undefined) besides the rest. */
  readonly costs: boolean | undefined;
  readonly quick: boolean;
  /** Folder for charts. */
  readonly charts: string | undefined;
  /** Saved results to show and draw instead of measuring. */
  readonly from: readonly string[] | undefined;
  /** What reports and charts call the machine; undefined for what the system says. */
  readonly machine: string | undefined;
  /** Folder for CPU profiles. */
  readonly cpuProf: string | undefined;
  readonly json: boolean;
}

const USUAL = { events: 1_000_000, rounds: 5 };
const DEFAULTS = { quick: false, json: false, peers: PEER_NAMES, partitions: [4] };
const QUICK = { events: 200_000, rounds: 1 };

const EXAMPLES = `
Examples:
  npm run bench                                          everything this machine can run, some 15 minutes
  npm run bench -- --quick                               a first impression, some 3 minutes
  npm run bench -- --costs                               what columns, payload, batches and models cost; without Kafka
  npm run --silent bench -- --json > results.json        the same as one JSON document
  npm run bench -- --from results.json --charts charts   its tables again, and charts of it`;

/** The command line of the benchmark; a wrong argument is told with what is expected, and ends the process. */
export function benchCommand(): Command {
  return new Command('bench')
    .description(
      'What Tidemark costs, and what others do that people write by hand; see docs/performance.md.',
    )
    .option('--events <n>', `events in the topic (default: ${USUAL.events})`, whole)
    .option('--rounds <n>', `how often everybody runs, in turn (default: ${USUAL.rounds})`, whole)
    .option('--peers <names>', `some of ${PEER_NAMES.join(',')}, or none (default: all)`, peers)
    .option('--partitions <n>', 'of the topics; 1,10,100 tells what more of them cost (default: 4)', counts)
    .option('--client <name>', 'Tidemark’s kafka.client, if not the default')
    .option('--no-stages', 'leave out what each stage costs alone')
    .option('--costs', 'only what an event costs without Kafka, by columns, payload, batch and model')
    .option('--no-costs', 'leave that out')
    .option('--soak <minutes>', 'Tidemark alone, fed as fast as it reads: what memory it takes', whole)
    .option('--quick', `${QUICK.events} events and ${QUICK.rounds} round unless told otherwise`)
    .option('--charts <folder>', 'draw what came out, as SVG files in this folder')
    .option('--from <files...>', 'measure nothing: take what --json printed earlier, once or several times')
    .option('--machine <words>', 'what reports and charts call this machine (default: what the system says)')
    .option('--cpu-prof <folder>', 'write a .cpuprofile of each run of a Node contestant')
    .option('--json', 'print one JSON document; progress is on standard error')
    .addHelpText('after', EXAMPLES);
}

/** What the command line asks for. */
export function chosen(command: Command): BenchOptions {
  const given = command.opts<BenchOptions>();
  return { ...DEFAULTS, ...(given.quick ? QUICK : USUAL), ...given };
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('A whole number is expected.');
  return value;
}

function counts(text: string): number[] {
  return text.split(',').map(whole);
}

function peers(text: string): PeerName[] {
  if (text === 'none') return [];
  return text.split(',').map((word) => {
    const name = PEER_NAMES.find((peer) => peer === word);
    if (name === undefined) throw new InvalidArgumentError(`Expected: ${PEER_NAMES.join(', ')} or none.`);
    return name;
  });
}
