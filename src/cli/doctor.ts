import { Command, Help, InvalidArgumentError } from 'commander';
import type { Examined } from '../service/doctor/doctor.ts';
import type { Status } from '../service/doctor/verdict.ts';
import { counted } from '../service/words.ts';
import { paint } from './output.ts';
import { exitOnSignals } from './signals.ts';

interface Flags {
  readonly config: string;
  readonly strict?: boolean;
  readonly skip?: readonly string[];
  readonly json?: boolean;
}

/** `tidemark doctor`: what of the live world does not serve this pipeline, and what to do about it. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check brokers, topics, rights, registry, clocks and limits; changes nothing')
    .requiredOption('-c, --config <file>', 'the pipeline')
    .option('--strict', 'exit 1 for warnings and skipped checks too')
    .option('--skip <checks>', 'leave these out, by id with commas between (default: none)', ids)
    .option('--json', 'print one JSON object: ok, counts, seconds, checks with verdicts')
    .addHelpText(
      'after',
      `
Each verdict has its evidence and, where something is to be done, a fix. It joins
no group, commits nothing and writes nothing. What cannot be asked, for a broker is
away or the principal may not, is skipped with the reason; the rest is told all the
same. Some checks watch the group for a few seconds. docs/doctor.md explains each.

Exit status: 0 healthy, maybe with warnings; 1 something is broken (with --strict:
or warned of, or skipped); 2 the configuration has faults, or wrong usage; 129,
130 or 143 a signal came before.

Examples:
  $ tidemark doctor -c config/card-fraud.yaml
  $ tidemark doctor -c config/card-fraud.yaml --strict --skip durability
  $ tidemark doctor -c churn.yaml --json | jq '.checks[] | select(.status == "fail")'`,
    )
    .action(async ({ config: file, strict = false, skip = [], json = false }: Flags, command: Command) => {
      // Loaded here: clients are not for commands that need none.
      const { loadOrExplain } = await import('./configuration.ts');
      const { CHECKS } = await import('../service/doctor/checks.ts');
      const known = CHECKS.map(({ id }) => id);
      const strangers = skip.filter((id) => !known.includes(id));
      if (strangers.length > 0)
        command.error(`error: no check is called ${strangers.join(', ')}; there are ${known.join(', ')}`);
      const loaded = loadOrExplain(file);
      if (loaded === undefined) return;
      exitOnSignals();
      const { examine } = await import('../service/doctor/doctor.ts');
      const progress = new Progress();
      const startMs = performance.now();
      const checks = await examine(
        loaded.config,
        { file, skip },
        {
          waiting: (waiting) => progress.show(waiting),
          examined: (check) => {
            if (json) return;
            progress.clear();
            process.stdout.write(checkText(check));
            progress.again();
          },
        },
      );
      progress.clear();
      const counts = countsOf(checks);
      const bad = counts.fail + (strict ? counts.warn + counts.skipped : 0);
      const seconds = Math.round((performance.now() - startMs) / 100) / 10;
      process.stdout.write(
        json
          ? `${JSON.stringify({ ok: bad === 0, counts, seconds, checks: checks.map((check) => ({ ...check, status: worstOf(check) })) })}\n`
          : `${summary(counts, seconds)}\n`,
      );
      process.exitCode = bad === 0 ? 0 : 1;
    });
}

const MARKS: Record<Status, { mark: string; colour: 'green' | 'yellow' | 'red' | 'dim' }> = {
  ok: { mark: '✔', colour: 'green' },
  warn: { mark: '!', colour: 'yellow' },
  fail: { mark: '✘', colour: 'red' },
  skipped: { mark: '-', colour: 'dim' },
};
const FROM_WORST: readonly Status[] = ['fail', 'warn', 'skipped', 'ok'];

/** `skipped` only when nothing else was found out. */
function worstOf({ verdicts }: Examined): Status {
  const found = new Set(verdicts.map(({ status }) => status));
  return FROM_WORST.find((status) => found.has(status)) ?? 'ok';
}

function checkText({ id, verdicts }: Examined): string {
  const out = process.stdout;
  const lines = verdicts.flatMap(({ status, evidence, fix }, at) => {
    const { mark, colour } = MARKS[status];
    const [first, ...more] = wrapped(status === 'skipped' ? `skipped ${evidence}` : evidence);
    const name = paint('bold', (at === 0 ? id : '').padEnd(NAME_WIDTH), out);
    const fixes = fix === undefined ? [] : wrapped(`fix: ${fix}`);
    return [
      `${paint(colour, mark, out)} ${name} ${first}`,
      ...[...more, ...fixes].map(
        (line) => `${INDENT}${line.replace(/^fix:/, (word) => paint('dim', word, out))}`,
      ),
    ];
  });
  return `${lines.join('\n')}\n`;
}

/** Lines that fit the terminal beside the names of checks; elsewhere one, which can be searched for. */
function wrapped(text: string): string[] {
  const { isTTY, columns = 80 } = process.stdout;
  if (!isTTY) return [text];
  return new Help().boxWrap(text, Math.max(40, columns - INDENT.length)).split('\n');
}

const NAME_WIDTH = 12;
const INDENT = ' '.repeat(NAME_WIDTH + 3);

type Counts = Record<Status, number>;

function countsOf(checks: readonly Examined[]): Counts {
  const counts: Counts = { ok: 0, warn: 0, fail: 0, skipped: 0 };
  for (const { verdicts } of checks) for (const { status } of verdicts) counts[status]++;
  return counts;
}

function summary({ ok, warn, fail, skipped }: Counts, seconds: number): string {
  const words = [
    fail > 0 && paint('red', `${fail} broken`, process.stdout),
    warn > 0 && paint('yellow', counted(warn, 'warning'), process.stdout),
    skipped > 0 && `${skipped} skipped`,
    `${ok} in order`,
  ].filter((part) => part !== false);
  return `${words.join(', ')} (${seconds} s)`;
}

/** One line at the bottom of a terminal: what is still asked. Elsewhere nothing. */
class Progress {
  #shown = '';

  show(waiting: readonly string[]): void {
    this.clear();
    this.#shown = waiting.length === 0 ? '' : `asking: ${waiting.join(', ')}`;
    this.again();
  }

  again(): void {
    if (process.stderr.isTTY && this.#shown !== '')
      process.stderr.write(paint('dim', this.#shown.slice(0, (process.stderr.columns ?? 80) - 1)));
  }

  clear(): void {
    if (process.stderr.isTTY && this.#shown !== '') process.stderr.write('\r\u001b[2K');
  }
}

function ids(text: string): string[] {
  const found = text.split(',').map((word) => word.trim());
  if (found.includes('')) throw new InvalidArgumentError('expected ids with commas between');
  return found;
}
