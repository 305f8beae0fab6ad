/**
 * Runs the commands of README.md and docs/ as they stand there, page by page and in order, in a checkout of their own and
 * against the stack of the tests. What cannot be run, or another test runs, is in test/docs/exceptions.ts with the reason.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkout } from '../docs/checkout.ts';
import { exceptionFor } from '../docs/exceptions.ts';
import { commands, type DocumentedCommand, ROOT } from '../docs/snippets.ts';
import { sharedStack, waitFor } from '../support/stack.ts';

const DEADLINE_MS = 60_000;
interface UntilStopped {
  readonly command: RegExp;
  /** What it says once it does what it is for. */
  readonly working: RegExp;
  /** What it says when it was stopped in order. Its exit status is npm's, which a signal ends too. */
  readonly stopped: RegExp;
}
const UNTIL_STOPPED: readonly UntilStopped[] = [
  {
    command: /tidemark (-- )?run -c \S+$/,
    working: /"event":"leasesGranted"/,
    stopped: /"kind":"stopped","why":"drained"/,
  },
];
/** What a command has to print for its success to mean anything. */
const PRINTS: readonly [command: RegExp, printed: RegExp][] = [
  [/ check -c /, /holds together/],
  [/ topics -c \S+ --apply/, /^(made|there) /m],
  [/ run -c \S+ --until-end/, /"scored":[1-9]/],
  [/ model pack /, /scores-given|the model matches its training/],
  [/npm run produce /, /\d+ events are in /],
  [/ errors E-FEATURE-MISSING/, /What to do/],
  [/ doctor -c \S+$/, /in order \(/],
  [/sha256sum/, /^[0-9a-f]{64} /m],
];

interface Running {
  /** Everything printed so far, both streams. */
  text(): string;
  /** Undefined while it runs, null when a signal ended it. */
  status(): number | null | undefined;
  interrupt(): void;
}

async function start(t: TestContext, folder: string, command: string): Promise<Running> {
  const { brokers, registryUrl } = await sharedStack();
  const env = {
    ...process.env,
    TIDEMARK_BROKERS: brokers.join(','),
    TIDEMARK_REGISTRY_URL: registryUrl,
    PATH: [join(folder, '.bin'), join(ROOT, 'node_modules/.bin'), process.env.PATH].join(':'),
  };
  // A group of its own, so that a signal reaches what npm starts, as Ctrl-C does.
  const child = spawn('bash', ['-c', command], { cwd: folder, env, detached: true });
  child.stdin.end();
  let text = '';
  let status: number | null | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
  }
  child.on('close', (code) => {
    status = code;
  });
  const signal = (name: NodeJS.Signals) => {
    if (status === undefined) process.kill(-child.pid!, name);
  };
  t.after(() => signal('SIGKILL'));
  return { text: () => text, status: () => status, interrupt: () => signal('SIGINT') };
}

async function run(t: TestContext, folder: string, { command }: DocumentedCommand): Promise<void> {
  const running = await start(t, folder, command);
  const told = (cause: Error) => {
    throw new Error(`${command}: ${cause.message}\n${running.text()}`, { cause });
  };
  const hasEnded = () => running.status() !== undefined;
  const endless = UNTIL_STOPPED.find((each) => each.command.test(command));
  if (endless !== undefined) {
    const works = () => endless.working.test(running.text()) || hasEnded();
    await waitFor(works, String(endless.working), DEADLINE_MS).catch(told);
    assert.ok(!hasEnded(), `${command} ended by itself:\n${running.text()}`);
    running.interrupt();
  }
  await waitFor(hasEnded, 'its end', DEADLINE_MS).catch(told);
  if (endless !== undefined) assert.match(running.text(), endless.stopped, command);
  else assert.equal(running.status(), 0, `${command} exits ${running.status()}:\n${running.text()}`);
  for (const [which, printed] of PRINTS)
    if (which.test(command)) assert.match(running.text(), printed, command);
}

const runnable = commands.filter(({ page, command }) => exceptionFor(page, command) === undefined);
for (const [page, ofPage = []] of Object.entries(Object.groupBy(runnable, (each) => each.page))) {
  test(`the commands of ${page} work as they stand`, async (t) => {
    const folder = checkout(t);
    for (const command of ofPage) {
      const startMs = performance.now();
      await run(t, folder, command);
      t.diagnostic(`${Math.round(performance.now() - startMs)} ms  ${command.command}`);
    }
  });
}
