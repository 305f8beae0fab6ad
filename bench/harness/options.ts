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
  /** Folder for CPU profiles. */
  readonly cpuProf: string | undefined;
  readonly json: boolean;
}

/** The command line of the benchmark; a wrong argument is told with what is expected, and ends the process. */
export function benchCommand(): Command {
  return new Command('bench')
    .description('Tidemark against what people write by hand, on one topic; see docs/performance.md.')
    .option('--events <n>', 'events in the topic', whole, 1_000_000)
    .option('--rounds <n>', 'how often everybody runs, in turn', whole, 5)
    .option('--peers <names>', `some of ${PEER_NAMES.join(',')}, or none`, peers, [...PEER_NAMES])
    .option('--partitions <n>', 'of the topics; 1,10,100 tells what more of them cost Tidemark', counts, [4])
    .option('--client <name>', 'Tidemark’s kafka.client, if not the default')
    .option('--no-stages', 'leave out what each stage costs alone')
    .option('--soak <minutes>', 'Tidemark alone, fed as fast as it reads: what memory it takes', whole)
    .option('--cpu-prof <folder>', 'write a .cpuprofile of each run of a Node contestant')
    .option('--json', 'print one JSON document; progress is on standard error', false);
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
