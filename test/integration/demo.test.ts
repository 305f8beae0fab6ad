import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { sharedStack, waitFor } from '../support/stack.ts';

const ROOT = new URL('../..', import.meta.url);
const TEST_LIMIT_MS = 180_000;
/** A member that was killed is missed after its session timeout. */
const TAKE_OVER_MS = 60_000;

interface Demo {
  readonly child: ChildProcess;
  /** Everything printed so far. */
  output(): string;
  errors(): string;
  /** Resolves when a line with these words is printed, on whichever stream. */
  says(words: string): Promise<void>;
  status(): Promise<number | null>;
}

async function startDemo(t: TestContext, args: readonly string[]): Promise<Demo> {
  const { brokers, registryUrl } = await sharedStack();
  const child = spawn(process.execPath, ['tools/demo.ts', ...args], {
    cwd: ROOT,
    env: {
      ...process.env,
      TIDEMARK_BROKERS: brokers.join(','),
      TIDEMARK_REGISTRY_URL: registryUrl,
      NO_COLOR: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGTERM'));
  const texts = { output: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    texts.output += more;
  });
  child.stderr.setEncoding('utf8').on('data', (more: string) => {
    texts.errors += more;
  });
  const closed = once(child, 'close');
  const said = (words: string) => {
    if (texts.output.includes(words) || texts.errors.includes(words)) return true;
    if (child.exitCode === null) return false;
    throw new Error(`the demo ended too early, having said:\n${texts.output}${texts.errors}`);
  };
  return {
    child,
    output: () => texts.output,
    errors: () => texts.errors,
    says: async (words) => {
      await waitFor(() => said(words), `the demo to say ${words}`, TEST_LIMIT_MS);
    },
    status: async () => (await closed)[0],
  };
}

// biome-ignore lint/suspicious/noExplicitAny: what JSON.parse gives
function objects(demo: Demo): any[] {
  const whole = demo.output().slice(0, demo.output().lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The processes that score, as the demo tells them. */
function pidsOf(demo: Demo): number[] {
  const [, pids] = /\(pid ([\d and]+)\)/.exec(demo.output() + demo.errors())!;
  return pids!.split(' and ').map(Number);
}

test('the demo scores every transaction and judges the scores by the labels that come later', {
  timeout: TEST_LIMIT_MS,
}, async (t) => {
  const demo = await startDemo(t, ['--events', '3000', '--seed', '2', '--model', '1.0.0']);
  assert.equal(await demo.status(), 0, demo.output() + demo.errors());
  const text = demo.output();
  assert.match(text, /\n0:00 \d+ % \| [\d,]+ events? emitted \| [\d,]+ a second scored/);
  assert.match(text, /\n3,000 transactions scored by card-fraud 1\.0\.0 in 0:\d\d \(seed 2\)\n/);
  assert.match(text, /event to score +p50 [\d.,]+ m?s, p99 [\d.,]+ m?s, acknowledged\n/);
  assert.match(text, /dead-lettered +0\n/);
  assert.match(text, /AUC +0\.\d{3} +0\.871\n/);
  assert.match(text, /of a week, which 1 day can only hint at\n/);
  assert.match(text, /model-digest +[0-9a-f]{16}\n/);
  assert.doesNotMatch(text, /not scored|without a label/);
  assert.ok(!text.includes('\x1b'), 'control characters in a pipe');
});

test('a program reads nothing but JSON, and the end of it', { timeout: TEST_LIMIT_MS }, async (t) => {
  const demo = await startDemo(t, ['--json', '--events', '3000', '--rate', '1000', '--model', '1.0.0']);
  assert.equal(await demo.status(), 0, demo.output() + demo.errors());
  const all = objects(demo);
  const summary = all.at(-1);
  assert.equal(summary.kind, 'summary');
  assert.equal(summary.emitted.events, 3_000);
  assert.equal(summary.scored, 3_000);
  assert.equal(summary.missing, 0);
  assert.equal(summary.unlabelled, 0);
  assert.ok(summary.latency.p50Ms > 0 && summary.latency.p99Ms >= summary.latency.p50Ms);
  const decided: number[] = Object.values(summary.decisions);
  assert.equal(
    decided.reduce((sum, events) => sum + events),
    3_000,
  );
  const progress = all.slice(0, -1);
  assert.ok(progress.length >= 2 && progress.every(({ kind }) => kind === 'progress'));
  assert.equal(progress[0].lag.length, 4);
});

test('with two replicas one may be killed: the other goes on, nothing is lost, and Ctrl-C tells the end', {
  timeout: TEST_LIMIT_MS,
}, async (t) => {
  const demo = await startDemo(t, ['--json', '--keep-running', '--replicas', '2', '--rate', '500']);
  const latest = () => objects(demo).at(-1);
  await waitFor(() => latest()?.scored.events > 500, 'both to score', TEST_LIMIT_MS);
  const [first, second] = latest().replicas;
  assert.deepEqual([first.leases, second.leases], [2, 2]);
  process.kill(first.pid, 'SIGKILL');
  await waitFor(
    () => latest().replicas[0].state === 'ended' && latest().replicas[1].leases === 4,
    'the other to take over',
    TAKE_OVER_MS,
  );
  demo.child.kill('SIGINT');
  assert.equal(await demo.status(), 0, demo.errors());
  const summary = latest();
  assert.equal(summary.kind, 'summary');
  assert.equal(summary.scored, summary.emitted.events);
  assert.equal(summary.missing, 0);
  assert.ok(!isRunning(second.pid), 'a replica is left');
});

test('an interrupted demo stops its pipeline and says so in one line, however often it is told', {
  timeout: TEST_LIMIT_MS,
}, async (t) => {
  const demo = await startDemo(t, ['--events', '200000']);
  await demo.says('Scoring');
  const pids = pidsOf(demo);
  assert.ok(pids.every(isRunning));
  demo.child.kill('SIGINT');
  // Again while it stops what it started.
  await waitFor(() => !pids.every(isRunning), 'the first process has stopped', TEST_LIMIT_MS);
  demo.child.kill('SIGINT');
  assert.equal(await demo.status(), 130, demo.output() + demo.errors());
  assert.equal(demo.errors(), 'Interrupted; nothing that the demo started is left running.\n');
  assert.ok(!pids.some(isRunning), 'a process of the demo is left');
});

test('of click-intent it tells how well the three classes are told, beside what training measured', {
  timeout: TEST_LIMIT_MS,
}, async (t) => {
  const demo = await startDemo(t, ['--pipeline', 'click-intent', '--events', '12000', '--rate', 'max']);
  assert.equal(await demo.status(), 0, demo.output() + demo.errors());
  const text = demo.output();
  assert.match(text, /\n12,000 clicks scored by click-intent 1\.0\.0 in 0:\d\d \(seed 0\)\n/);
  assert.match(text, /dead-lettered +0\n/);
  assert.match(text, / here +in training\n/);
  const measured = (name: string): readonly [here: number, inTraining: number] => {
    const [, here, inTraining] = new RegExp(`${name} +(\\d\\.\\d{3}) +(\\d\\.\\d{3})\\n`).exec(text)!;
    return [Number(here), Number(inTraining)];
  };
  for (const [name, spread] of [
    ['accuracy', 0.03],
    ['log loss', 0.05],
    ['macro AUC', 0.02],
  ] as const) {
    // The first two days of the fortnight that training measured, nothing else between the two than Kafka and Tidemark.
    const [here, inTraining] = measured(name);
    assert.ok(Math.abs(here - inTraining) < spread, `${name}: ${here}, in training ${inTraining}`);
  }
  assert.match(text, /12,000 clicks whose session is over, the latest of 2018-06-0\d\n/);
  assert.doesNotMatch(text, /not scored|without a label/);
});
