import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import { EmbeddedPipeline } from '../../src/service/embedded.ts';

const SHARE = { scored: 3, deadLettered: 0, skipped: 0, seconds: 1, eventsPerSecond: 3 };

/** A service whose life the test leads. */
function newService() {
  const ready = Promise.withResolvers<void>();
  const run = Promise.withResolvers<typeof SHARE>();
  const calls: string[] = [];
  const report = { ok: true, state: 'running', reasons: [], warnings: [] } as const;
  return {
    calls,
    becomesReady: ready.resolve,
    ends: () => run.resolve(SHARE),
    fails: run.reject,
    ready: ready.promise,
    endReached: false,
    run: () => {
      calls.push('run');
      return run.promise;
    },
    stop: () => {
      calls.push('stop');
      run.resolve(SHARE);
    },
    health: () => ({ alive: report, ready: report }),
    metrics: async () => '',
  };
}

const refused = new TidemarkError('E-KAFKA-ACL', 'not allowed');

test('start resolves once the pipeline is ready, and starts it once', async () => {
  const service = newService();
  const pipeline = new EmbeddedPipeline(service);
  const started = pipeline.start();
  assert.equal(await Promise.race([started.then(() => 'started'), Promise.resolve('waits')]), 'waits');
  service.becomesReady();
  await started;
  await pipeline.start();
  assert.deepEqual(service.calls, ['run']);
  service.ends();
  assert.deepEqual(await pipeline.done, { ...SHARE, endReached: false });
});

test('a fault before it is ready rejects start, and done too, which need not be listened to', async () => {
  const service = newService();
  const pipeline = new EmbeddedPipeline(service);
  service.fails(refused);
  await assert.rejects(pipeline.start(), refused);
  // An unhandled rejection would fail this test.
  await new Promise((resolve) => setImmediate(resolve));
  await assert.rejects(pipeline.done, refused);
});

test('a fault after it was ready rejects done and stop, and not the end of its block', async () => {
  const service = newService();
  const pipeline = new EmbeddedPipeline(service);
  service.becomesReady();
  await pipeline.start();
  service.fails(refused);
  await assert.rejects(pipeline.done, refused);
  await assert.rejects(pipeline.stop(), refused);
  await pipeline[Symbol.asyncDispose]();
});

test('the end of its block stops it, and tells what goes wrong with that', async () => {
  const service = newService();
  {
    await using pipeline = new EmbeddedPipeline(service);
    service.becomesReady();
    await pipeline.start();
  }
  assert.deepEqual(service.calls, ['run', 'stop']);

  const late = new TidemarkError('E-DRAIN-TIMEOUT', 'late');
  const slow = newService();
  const pipeline = new EmbeddedPipeline({ ...slow, stop: () => slow.fails(late) });
  slow.becomesReady();
  await pipeline.start();
  await assert.rejects(pipeline[Symbol.asyncDispose](), late);
});

test('stopped while it starts, or before, it has ended as asked: start resolves', async () => {
  const starting = new EmbeddedPipeline(newService());
  const started = starting.start();
  await starting.stop();
  await started;

  const never = new EmbeddedPipeline(newService());
  assert.equal((await never.stop()).scored, 3);
  await never.start();
});

test('a fault that nobody listens for ends the process with its name, as of any promise', () => {
  const module = new URL('../../src/service/embedded.ts', import.meta.url).href;
  const text = `
    import { EmbeddedPipeline } from ${JSON.stringify(module)};
    const run = new Promise((_, reject) => setTimeout(() => reject(new Error('E-KAFKA-ACL not allowed')), 50));
    const pipeline = new EmbeddedPipeline({ ready: Promise.resolve(), run: () => run });
    await pipeline.start();
    await new Promise((resolve) => setTimeout(resolve, 20_000));
  `;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    encoding: 'utf8',
  });
  assert.equal(status, 1, stderr);
  assert.match(stderr, /E-KAFKA-ACL not allowed/);
});
