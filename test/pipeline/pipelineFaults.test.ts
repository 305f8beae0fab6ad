import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import { type Bench, blockOf, ManualSource, makeLease, startBench } from '../support/simulationBench.ts';
import { simulatedScorer } from '../support/simulationEvents.ts';

const never = () => new Promise<never>(() => {});

function end(bench: Bench): Promise<void> {
  return bench.clock.runUntil(() => bench.ended !== undefined, 60_000, 'run to end');
}

describe('a fault ends the run with its code and commits nothing more', () => {
  const unreachable = new TidemarkError('E-KAFKA-UNREACHABLE', 'gone');

  test('of the model: nothing of the batch is sent', async () => {
    const lease = makeLease();
    const scorer = simulatedScorer(() => Promise.reject(new TidemarkError('E-MODEL-RUN', 'no')));
    const bench = await startBench({ scorer }, lease);
    bench.source.give(blockOf(lease, ['good', 'good']));
    await end(bench);
    assert.deepEqual(bench.ended, { code: 'E-MODEL-RUN' });
    await bench.clock.advance(1000);
    assert.deepEqual([bench.sink.sends, bench.source.commits], [[], []]);
  });

  test('of the model while a lease ends, which then waits for nothing', async () => {
    const lease = makeLease();
    const failing = Promise.withResolvers<void>();
    const bench = await startBench({ scorer: simulatedScorer(() => failing.promise) }, lease);
    bench.source.give(blockOf(lease, ['good']));
    await bench.clock.advance(20);
    let resolvedMs = -1;
    bench.source.ending(bench.clock.now() + 500, lease).then(() => {
      resolvedMs = bench.clock.monotonicMs();
    });
    failing.reject(new TidemarkError('E-MODEL-RUN', 'no'));
    await bench.clock.advance(1000);
    assert.equal(resolvedMs, 20);
  });

  test('that is a bug of ours: E-INTERNAL', async () => {
    const lease = makeLease();
    const scorer = simulatedScorer(() => Promise.reject(new TypeError('a bug')));
    const bench = await startBench({ scorer }, lease);
    bench.source.give(blockOf(lease, ['good']));
    await end(bench);
    assert.deepEqual(bench.ended, { code: 'E-INTERNAL' });
  });

  test('of the source: at its start, or when it is asked', async () => {
    const refusing = new ManualSource();
    refusing.starting = () => Promise.reject(new TidemarkError('E-KAFKA-AUTH', 'no'));
    assert.deepEqual((await startBench({ source: refusing })).ended, { code: 'E-KAFKA-AUTH' });
    const bench = await startBench({}, makeLease());
    bench.source.refuse(new TidemarkError('E-KAFKA-OUT-OF-RANGE', 'deleted'));
    await bench.clock.advance(0);
    assert.deepEqual(bench.ended, { code: 'E-KAFKA-OUT-OF-RANGE' });
  });

  test('of a schema fetch or of the sink', async () => {
    const lease = makeLease();
    const auth = new TidemarkError('E-REGISTRY-AUTH', 'no');
    const registry = await startBench({ load: () => Promise.reject(auth) }, lease);
    registry.source.give(blockOf(lease, ['good']));
    await end(registry);
    assert.deepEqual(registry.ended, { code: 'E-REGISTRY-AUTH' });
    const bench = await startBench({}, lease);
    bench.sink.acknowledges = false;
    bench.source.give(blockOf(lease, ['good', 'good', 'good', 'good']));
    await bench.clock.advance(0);
    bench.sink.sends[0].reject(new TidemarkError('E-KAFKA-ACL', 'no'));
    await bench.clock.advance(0);
    assert.deepEqual(bench.ended, { code: 'E-KAFKA-ACL' });
  });

  test('of a commit, also while a lease ends', async () => {
    const lease = makeLease();
    const bench = await startBench({}, lease);
    bench.source.answer = () => Promise.reject(new TidemarkError('E-KAFKA-ACL', 'no'));
    bench.source.give(blockOf(lease, ['good', 'good', 'good', 'good']));
    await bench.clock.advance(0);
    await Promise.all([bench.source.ending(bench.clock.now() + 500, lease), bench.clock.advance(0)]);
    assert.deepEqual(bench.ended, { code: 'E-KAFKA-ACL' });
    await bench.clock.advance(1000);
    assert.equal(bench.source.commits.length, 1);
  });

  test('from outside, the first of them, whatever waits: for room, for a batch, for an acknowledgement', async () => {
    for (const batches of [1, 4, 5, 6, 7, 8, 12]) {
      const lease = makeLease();
      const bench = await startBench({ plan: { maxRows: 1 } }, lease);
      bench.sink.acknowledges = false;
      bench.source.give(blockOf(lease, new Array(batches).fill('good')));
      await bench.clock.advance(0);
      bench.pipeline.fail(new TidemarkError('E-DRAIN-TIMEOUT', 'late'));
      bench.pipeline.fail(unreachable);
      await bench.clock.advance(0);
      assert.deepEqual(bench.ended, { code: 'E-DRAIN-TIMEOUT' }, `${batches} batches`);
      const begun = bench.sink.sends.length;
      for (const send of bench.sink.sends) send.acknowledge();
      await bench.clock.advance(1000);
      assert.equal(bench.sink.sends.length, begun);
      assert.deepEqual(bench.source.commits, []);
    }
  });

  test('after the run is over: it changes nothing', async () => {
    const bench = await startBench({}, makeLease());
    bench.pipeline.drain();
    await end(bench);
    bench.pipeline.fail(unreachable);
    await bench.clock.advance(10);
    assert.deepEqual(bench.ended, { code: undefined });
  });
});

describe('the watchdog ends a run that is stuck', () => {
  const full = (lease = makeLease()) => blockOf(lease, ['good', 'good', 'good', 'good']);

  test('in a send, but not while the sink is declared down', async () => {
    const lease = makeLease();
    const bench = await startBench({}, lease);
    bench.sink.acknowledges = false;
    bench.source.give(full(lease));
    await bench.clock.advance(0);
    bench.pipeline.dependencyDown('sink');
    bench.pipeline.dependencyDown('sink');
    bench.pipeline.dependencyDown('registry');
    await bench.clock.advance(5000);
    bench.pipeline.dependencyUp('registry');
    await bench.clock.advance(5000);
    assert.equal(bench.ended, undefined);
    bench.pipeline.dependencyUp('sink');
    await bench.clock.advance(2000);
    assert.deepEqual(bench.ended, { code: 'E-WATCHDOG' });
  });

  test('in the model', async () => {
    const lease = makeLease();
    const bench = await startBench({ scorer: simulatedScorer(never) }, lease);
    bench.source.give(full(lease));
    await bench.clock.advance(2000);
    assert.deepEqual(bench.ended, { code: 'E-WATCHDOG' });
  });

  test('in a commit, though scoring goes on', async () => {
    const lease = makeLease();
    const bench = await startBench({}, lease);
    bench.source.answer = never;
    for (let from = 0; bench.ended === undefined && from < 100; from += 4) {
      bench.source.give(blockOf(lease, ['good', 'good', 'good', 'good'], from));
      await bench.clock.advance(100);
    }
    assert.deepEqual(bench.ended, { code: 'E-WATCHDOG' });
    assert.equal(bench.source.commits.length, 1);
  });

  test('in a commit, but not while the source says that it is paused', async () => {
    const lease = makeLease();
    const bench = await startBench({}, lease);
    bench.source.answer = never;
    bench.source.give(full(lease));
    await bench.clock.advance(100);
    bench.pipeline.paused(new TidemarkError('E-KAFKA-UNREACHABLE', 'away'));
    await bench.clock.advance(10_000);
    assert.equal(bench.ended, undefined);
    bench.pipeline.resumed();
    await bench.clock.advance(2000);
    assert.deepEqual(bench.ended, { code: 'E-WATCHDOG' });
  });

  test('but not while all that is in hand waits for a schema, which is the registry’s time', async () => {
    const lease = makeLease();
    const bench = await startBench({ load: never }, lease);
    bench.source.give(full(lease));
    await bench.clock.advance(60_000);
    assert.equal(bench.ended, undefined);
  });

  test('and leaves an idle one alone', async () => {
    const lease = makeLease();
    const bench = await startBench({}, lease);
    bench.source.give(full(lease));
    await bench.clock.advance(60_000);
    assert.equal(bench.ended, undefined);
  });
});
