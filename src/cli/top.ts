import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { BROKERS_EXPECTED, parseBrokers } from '../config/brokers.ts';
import { asTidemarkError } from '../errors.ts';
import type { Top, TopTarget } from '../service/group/top.ts';
import { paint } from './output.ts';
import { aborted, abortOnSignals } from './signals.ts';

interface Flags {
  readonly config?: string;
  readonly brokers?: readonly string[];
  readonly group?: string;
  readonly topic?: string;
  readonly every: number;
  readonly once?: boolean;
  readonly json?: boolean;
}

/** `tidemark top`: a running group by Kafka's own data. */
export function topCommand(): Command {
  return new Command('top')
    .description(
      'watch a running group by Kafka’s own data: replicas, partitions, what waits, replicas needed',
    )
    .option('-c, --config <file>', 'the pipeline (default: --brokers, --group and --topic instead)')
    .option(
      '--brokers <host:port,...>',
      'brokers to begin with, without credentials (default: the file’s)',
      hostsAndPorts,
    )
    .option('--group <name>', 'consumer group (default: the file’s)')
    .option('--topic <topic>', 'topic that the group reads (default: the file’s)')
    .option('--every <seconds>', 'how often to look', seconds, 2)
    .option('--once', 'print one view after two looks, or more while one stands still, and end')
    .option('--json', 'print one JSON object for each look; with --once one object')
    .addHelpText(
      'after',
      `
Joins nothing and commits nothing. Partitions stand worst first:
  stuck        events wait and its committed offset does not move
  no owner     no replica has it
  behind       more waits than ten seconds' worth of events
  keeping up   less than that waits
  idle         nothing arrives, nothing waits
"oldest" is for how long the oldest waiting event has waited. "wanted" is what
GET /scale of a replica advises, here with what Kafka tells alone. q ends it.

Exit status: 0 ended by q, or --once is done; 1 Kafka cannot be read; 2 wrong
usage or configuration; 129, 130 or 143 ended by a signal.

Examples:
  $ tidemark top -c config/card-fraud.yaml
  $ tidemark top -c config/card-fraud.yaml --once
  $ tidemark top --brokers localhost:9092 --group churn --topic visits
  $ tidemark top -c churn.yaml --once --json | jq .scale.wanted`,
    )
    .action(async (flags: Flags, command: Command) => {
      const { once = false, json = false, every } = flags;
      if (!once && !json && !process.stdout.isTTY)
        command.error('error: standard output is no terminal; give --once or --json');
      const target = await targetOfFlags(flags, command);
      if (target === undefined) return;
      const everyMs = every * 1000;
      const { apartMs, openTop } = await import('../service/group/top.ts');
      const top = openTop(target, everyMs);
      try {
        if (once) await showOnce(top, apartMs(target, everyMs), json);
        else if (json) await tellForEver(top, everyMs);
        else {
          const { watchTop } = await import('./top/live.ts');
          process.exitCode = await watchTop(top, everyMs);
        }
      } finally {
        await top.close();
      }
    });
}

async function targetOfFlags(
  { config: file, brokers, group, topic }: Flags,
  command: Command,
): Promise<TopTarget | undefined> {
  const { targetAt, targetOf } = await import('../service/group/top.ts');
  if (file === undefined) {
    if (brokers === undefined || group === undefined || topic === undefined)
      return command.error('error: give -c, or all of --brokers, --group and --topic');
    return targetAt(brokers, group, topic);
  }
  if (brokers !== undefined) return command.error('error: give -c or --brokers, not both');
  const { loadOrExplain } = await import('./configuration.ts');
  const loaded = loadOrExplain(file);
  if (loaded === undefined) return undefined;
  const target = targetOf(loaded.config);
  return { ...target, group: group ?? target.group, topic: topic ?? target.topic };
}

async function showOnce(top: Top, apart: number, json: boolean): Promise<void> {
  await top.look();
  // One that has not moved may be waiting for its turn, or be stuck: only more looks tell.
  const untilMs = performance.now() + top.stuckAfterMs + apart;
  do {
    await sleep(apart);
    await top.look();
  } while (top.isUndecided() && performance.now() < untilMs);
  await top.readHotKeys();
  const view = top.view();
  if (json) {
    process.stdout.write(`${JSON.stringify(view)}\n`);
    return;
  }
  const { topScreen } = await import('./top/screen.ts');
  // In a file or a pipe nothing is cut off.
  const columns = process.stdout.columns ?? 200;
  const size = { columns, rows: Number.POSITIVE_INFINITY };
  const lines = topScreen(view, size, (style, text) => paint(style, text, process.stdout));
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Until a signal ends the process. */
async function tellForEver(top: Top, everyMs: number): Promise<void> {
  const asked = abortOnSignals();
  for (let looks = 0; !asked.signal.aborted; looks++) {
    try {
      if ((await Promise.race([top.look(), aborted(asked.signal)])) === 'aborted') break;
      void top.readHotKeys();
    } catch (thrown) {
      const error = asTidemarkError(thrown);
      // A broker that is down may come back; what was never there will not.
      if (error.disposition !== 'retry' || looks === 0) throw error;
    }
    process.stdout.write(`${JSON.stringify(top.view())}\n`);
    await sleep(everyMs, undefined, { signal: asked.signal }).catch(() => {});
  }
  if (asked.exitStatus !== undefined) process.exitCode = asked.exitStatus;
}

function hostsAndPorts(text: string): readonly string[] {
  const brokers = parseBrokers(text);
  if (brokers !== undefined) return brokers;
  throw new InvalidArgumentError(`expected ${BROKERS_EXPECTED}`);
}

function seconds(text: string): number {
  const value = Number(text);
  if (text !== '' && value >= 0.5 && value <= 3600) return value;
  throw new InvalidArgumentError('expected seconds from 0.5 to 3600');
}
