/** What docker-compose.yml emits the demo's events with. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { countOf } from '../support/cardFraud.ts';
import { createTopic, sharedStack, uniqueName, waitFor } from '../support/stack.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const EVENTS = 300;

test('the emitter waits for its topic, emits so many events, and ends', async (t) => {
  const { brokers, registryUrl } = await sharedStack();
  const topic = uniqueName('emitted');
  const args = ['tools/emit.ts', '--topic', topic, '--rate', '2000', '--events', String(EVENTS)];
  const env = { ...process.env, TIDEMARK_BROKERS: brokers.join(','), TIDEMARK_REGISTRY_URL: registryUrl };
  const emitter = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => emitter.kill('SIGKILL'));
  let told = '';
  emitter.stdout.setEncoding('utf8').on('data', (more: string) => {
    told += more;
  });
  const ended = once(emitter, 'exit');
  await waitFor(
    () => told.includes(`Waiting for topic ${topic}`),
    'the emitter to wait for its topic',
    20_000,
  );
  await createTopic(topic, 3);
  assert.deepEqual(await ended, [0, null], told);
  assert.equal(await countOf(topic), EVENTS);
  assert.match(told, /300 events emitted in all/);
});
