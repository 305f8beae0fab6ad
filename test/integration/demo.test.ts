import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { sharedStack } from '../support/stack.ts';

const ROOT = new URL('../..', import.meta.url);

interface Demo {
  readonly child: ChildProcess;
  /** Everything printed so far, both streams. */
  text(): string;
  /** Resolves when a line with these words is printed. */
  says(words: string): Promise<void>;
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
    // A process group of its own, which tells afterwards whether anything of it still runs.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => {
    if (isRunning(child)) process.kill(-child.pid!, 'SIGKILL');
  });
  let text = '';
  const { promise: ended, reject } = Promise.withResolvers<never>();
  ended.catch(() => {});
  child.on('close', () => reject(new Error(`the demo ended too early, having said:\n${text}`)));
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      child.emit('said');
    });
  }
  const says = async (words: string) => {
    while (!text.includes(words)) await Promise.race([once(child, 'said'), ended]);
  };
  return { child, text: () => text, says };
}

/** Whether any process of the demo's group runs. */
function isRunning(demo: ChildProcess): boolean {
  try {
    return process.kill(-demo.pid!, 0);
  } catch {
    return false;
  }
}

test('the demo scores every transaction and shows one of them', { timeout: 120_000 }, async (t) => {
  const demo = await startDemo(t, ['--events', '3000', '--seed', '2']);
  const [status] = await once(demo.child, 'close');
  assert.equal(status, 0, demo.text());
  assert.match(demo.text(), /3,000 transactions scored in [\d.]+ s: [\d,]+ a second/);
  assert.match(demo.text(), /dead-lettered +0\n/);
  assert.match(demo.text(), /model-digest +[0-9a-f]{16}\n/);
  assert.doesNotMatch(demo.text(), /not scored/);
  assert.ok(!demo.text().includes('\x1b'), 'control characters in a pipe');
});

test('an interrupted demo stops its pipeline and says so in one line', { timeout: 120_000 }, async (t) => {
  const demo = await startDemo(t, ['--events', '20000']);
  await demo.says('Scoring');
  demo.child.kill('SIGINT');
  const [status] = await once(demo.child, 'close');
  assert.equal(status, 130, demo.text());
  assert.match(demo.text(), /\nInterrupted; nothing that the demo started is left running\.\n$/);
  assert.ok(!isRunning(demo.child), 'a process of the demo is left');
});
