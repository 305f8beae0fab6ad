/**
 * Tidemark against what people write by hand, on one topic and in one command: `npm run bench`. What is compared, and why that is
 * fair, is in docs/performance.md.
 */
import { type Arena, type Contest, holdContest } from './harness/contest.ts';
import { buildTidemark } from './harness/contestants.ts';
import { fillTopic } from './harness/fill.ts';
import { Ground, machine } from './harness/ground.ts';
import { type BenchOptions, benchCommand } from './harness/options.ts';
import { pin } from './harness/pinning.ts';
import { contestTable, soakText, stagesTable, sweepTable, targetsTable } from './harness/report.ts';
import { soak } from './harness/soak.ts';
import { sweep } from './harness/sweep.ts';
import { contestTargets, soakTargets, sweepTargets } from './harness/targets.ts';

interface Report {
  /** For people. */
  readonly text: string;
  /** For programs. */
  readonly facts: object;
}

async function bench(options: BenchOptions, signal: AbortSignal): Promise<Report> {
  const onProgress = (line: string) => console.error(line);
  await buildTidemark(signal);
  await using ground = await Ground.open(signal, onProgress);
  const pinning = pin(ground.pids);
  const conditions = `${machine()}; ${pinning.note}`;
  onProgress(conditions);
  const { events, rounds, partitions: counts, client, soak: minutes } = options;
  const [partitions] = counts as [number];
  const report = (text: string, facts: object): Report => ({
    text: `${conditions}\n${text}`,
    facts: { machine: machine(), pinning: pinning.note, events, rounds, ...facts },
  });
  if (minutes !== undefined) {
    const soaked = await soak({ ground, pinning, partitions, minutes, client, onProgress });
    const targets = soakTargets(soaked);
    return report(`${soakText(soaked)}\n\n${targetsTable(targets)}`, { partitions, ...soaked, targets });
  }
  const arenas: Arena[] = [];
  for (const count of counts) {
    const input = ground.topicNamed(`transactions-${count}`);
    const { brokers, registryUrl } = ground;
    await ground.createTopic(input, count);
    await fillTopic({ brokers, registryUrl, topic: input, partitions: count, events, signal, onProgress });
    arenas.push({ ground, options, pinning, input, partitions: count, onProgress });
  }
  const setting = `${events} events, ${counts.join(', ')} partitions, ${rounds} rounds in turn: median (least..most)\n`;
  if (arenas.length > 1) {
    const points = await sweep(arenas, rounds);
    const targets = sweepTargets(points);
    return report(`${setting}\n${sweepTable(points)}\n\n${targetsTable(targets)}`, { points, targets });
  }
  const contest = await holdContest(arenas[0]!);
  const targets = contestTargets(contest);
  const text = `${contestText(contest)}\n\n${targetsTable(targets)}`;
  return report(`${setting}\n${text}`, { partitions, ...contest, targets });
}

function contestText(contest: Contest): string {
  const { stages } = contest;
  return [contestTable(contest), ...(stages === undefined ? [] : [stagesTable(stages)])].join('\n\n');
}

const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupt.abort());
const options = benchCommand().parse().opts<BenchOptions>();
try {
  const { text, facts } = await bench(options, interrupt.signal);
  console.log(options.json ? JSON.stringify(facts, undefined, 2) : `\n${text}`);
} catch (error) {
  console.error(interrupt.signal.aborted ? 'Stopped; nothing is left behind.' : error);
  process.exitCode = interrupt.signal.aborted ? 130 : 1;
}
process.exit();
