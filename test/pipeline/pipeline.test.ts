import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import { type Bench, blockOf, ManualSource, makeLease, startBench } from '../support/simulationBench.ts';
import { DEAD, SCORED } from '../support/simulationBroker.ts';
import { simulatedScorer } from '../support/simulationEvents.ts';

const never = () => new Promise<never>(() => {});

function committed({ source }: Bench): string[] {
  return source.commits.flatMap((positions) =>
    positions.map(({ lease, offset }) => `${lease.partition}:${offset}`),
  );
}

function end(bench: Bench): Promise<void> {
  return bench.clock.runUntil(() => bench.ended !== undefined, 60_000, 'run to end');
}

describe('a batch closes', () => {
  test('when it is full, at once', async () => {
    const lease = makeLease();
    const bench = await startBench({}, lease);
    bench.source.give(blockOf(lease, ['good', 'rejected', 'good', 'good']));
    await bench.clock.advance(0);
    assert.deepEqual(bench.telemetry.closed, ['full']);
    assert.deepEqual(bench.sink.sent(SCORED), ['0@0', '0@2', '0@3']);
    assert.deepEqual(bench.sink.sent(DEAD), ['0@1']);
  });

  test('when its oldest record has waited for the delay', async () => {
    const lease = makeLease();
    const bench = await startBench({}, lease);
    bench.source.give(blockOf(lease, ['good']));
    await bench.clock.advance(9);
    assert.deepEqual(bench.sink.sent(SCORED), []);
    await bench.clock.advance(1);
    assert.deepEqual(bench.telemetry.closed, ['due']);
    assert.deepEqual(bench.sink.sent(SCORED), ['0@0']);
  });

  test('when the pipeline drains, which commits it and ends', async () => {
    const lease = makeLease();
    const bench = await startBench({}, lease);
    bench.source.give(blockOf(lease, ['good', 'good']));
    await bench.clock.advance(0);
    bench.pipeline.drain();
    bench.pipeline.drain();
    await end(bench);
    assert.equal(bench.clock.monotonicMs(), 0);
    assert.deepEqual(bench.telemetry.closed, ['drained']);
    assert.deepEqual(committed(bench), ['0:2']);
    assert.deepEqual(bench.ended, { code: undefined });
  });

  test('when a lease in it ends, which waits for its commit', async () => {
    const [lease, other] = [makeLease(0), makeLease(1)];
    const bench = await startBench({}, lease, other);
    bench.source.give(blockOf(lease, ['good']));
    bench.source.give(blockOf(other, ['good']));
    await bench.clock.advance(0);
    await Promise.all([bench.source.ending(bench.clock.now() + 500, lease), bench.clock.advance(5)]);
    assert.deepEqual(bench.telemetry.closed, ['ending']);
    assert.deepEqual(committed(bench), ['0:1', '1:1']);
  });
});

describe('a lease that is gone', () => {
  test('has its results dropped, not those of its neighbours', async () => {
    const [lost, kept] = [makeLease(0), makeLease(1)];
    const bench = await startBench({}, lost, kept);
    const block = blockOf(lost, ['good', 'rejected']);
    bench.source.give(block);
    bench.source.give(blockOf(kept, ['good']));
    await bench.clock.advance(0);
    bench.source.lose(lost);
    assert.deepEqual(bench.source.released, [block]);
    await bench.clock.advance(200);
    assert.deepEqual(bench.sink.sent(SCORED), ['1@0']);
    assert.deepEqual(bench.sink.sent(DEAD), []);
    assert.deepEqual(committed(bench), ['1:1']);
  });

  test('is never committed for rows that were on their way when it went', async () => {
    const lease = makeLease();
    const bench = await startBench({}, lease);
    bench.sink.acknowledges = false;
    bench.source.give(blockOf(lease, ['good', 'good', 'good', 'good']));
    await bench.clock.advance(0);
    bench.source.lose(lease);
    bench.sink.sends[0].acknowledge();
    await bench.clock.advance(300);
    assert.deepEqual(bench.source.commits, []);
  });

  test('takes back a block that arrives after it', async () => {
    const lease = makeLease();
    const bench = await startBench({ plan: { maxInFlightBytes: 1 } }, lease);
    bench.source.lose(lease);
    const late = blockOf(lease, ['good']);
    bench.source.give(late);
    await bench.clock.advance(0);
    assert.deepEqual(bench.source.released, [late]);
    assert.equal(bench.source.isAsked, true, 'its bytes must not count against the budget for ever');
  });
});

describe('a lease that ends', () => {
  test('takes nothing new, and its unread block is not taken for stuck work', async () => {
    const lease = makeLease();
    const bench = await startBench({ load: never }, lease);
    await bench.source.ending(bench.clock.now() + 60_000, lease);
    bench.source.give(blockOf(lease, ['good']));
    await bench.clock.advance(10_000);
    assert.deepEqual(bench.telemetry.closed, []);
    assert.equal(bench.ended, undefined);
  });

  test('is drained even while every batch is on its way', async () => {
    const lease = makeLease();
    const bench = await startBench({ plan: { maxRows: 1 } }, lease);
    bench.sink.acknowledges = false;
    bench.source.give(blockOf(lease, new Array(12).fill('good')));
    await bench.clock.advance(0);
    const ending = bench.source.ending(bench.clock.now() + 500, lease);
    await bench.clock.advance(100);
    bench.sink.acknowledges = true;
    for (const send of bench.sink.sends) send.acknowledge();
    await Promise.all([ending, bench.clock.advance(10)]);
    const sent = bench.sink.sent(SCORED);
    assert.ok(sent.length < 12, `${sent.length} were sent`);
    assert.deepEqual(
      sent,
      sent.map((_, offset) => `0@${offset}`),
    );
    assert.equal(committed(bench).at(-1), `0:${sent.length}`);
  });

  test('is given up at its deadline and ends once it is gone', async () => {
    const lease = makeLease();
    const bench = await startBench({}, lease);
    bench.sink.acknowledges = false;
    bench.source.answer = () => Promise.resolve('refused');
    bench.source.give(blockOf(lease, ['good', 'good', 'good', 'good', 'good']));
    await bench.clock.advance(0);
    bench.sink.sends[0].acknowledge();
    let resolved = false;
    bench.source.ending(bench.clock.now() + 300, lease).then(() => {
      resolved = true;
    });
    await bench.clock.advance(600);
    assert.equal(resolved, false, 'there is progress to commit');
    bench.source.lose(lease);
    await bench.clock.advance(300);
    assert.equal(resolved, true);
  });
});

describe('a partition whose schema is not at hand', () => {
  test('waits alone', async () => {
    const [waiting, other] = [makeLease(0), makeLease(1)];
    const loaded = Promise.withResolvers<void>();
    const load = (id: number) => (id === 2 ? loaded.promise : Promise.resolve());
    const bench = await startBench({ load }, waiting, other);
    bench.source.give(blockOf(waiting, ['good'], 0, 2));
    bench.source.give(blockOf(other, ['good', 'good', 'good', 'good']));
    await bench.clock.advance(50);
    assert.deepEqual(bench.sink.sent(SCORED), ['1@0', '1@1', '1@2', '1@3']);
    loaded.resolve();
    await bench.clock.advance(50);
    assert.equal(bench.sink.sent(SCORED).at(-1), '0@0');
  });

  test('does not hold up a drain', async () => {
    const lease = makeLease();
    const loaded = Promise.withResolvers<void>();
    const bench = await startBench({ load: (id) => (id === 2 ? loaded.promise : Promise.resolve()) }, lease);
    bench.source.give(blockOf(lease, ['good'], 0, 1));
    await bench.clock.advance(20);
    bench.source.give(blockOf(lease, ['good'], 1, 2));
    await bench.clock.advance(0);
    bench.pipeline.drain();
    await end(bench);
    assert.deepEqual(bench.ended, { code: undefined });
    loaded.resolve();
    await bench.clock.advance(50);
    assert.deepEqual(bench.sink.sent(SCORED), ['0@0']);
    assert.deepEqual(committed(bench), ['0:1']);
  });
});

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

describe('the pipeline', () => {
  test('ends when the source has ended', async () => {
    const bench = await startBench({}, makeLease());
    bench.source.end();
    await bench.clock.advance(0);
    assert.deepEqual(bench.ended, { code: undefined });
  });

  test('takes nothing new into a batch once it drains', async () => {
    const lease = makeLease();
    const bench = await startBench({ plan: { maxRows: 1 } }, lease);
    bench.sink.acknowledges = false;
    bench.source.give(blockOf(lease, new Array(20).fill('good')));
    await bench.clock.advance(0);
    bench.pipeline.drain();
    bench.sink.acknowledges = true;
    for (const send of bench.sink.sends) send.acknowledge();
    await end(bench);
    const sent = bench.sink.sent(SCORED).length;
    assert.ok(sent < 10, `${sent} were sent`);
    assert.equal(committed(bench).at(-1), `0:${sent}`);
  });

  test('gives way to timers and sockets between batches', async () => {
    const lease = makeLease();
    const bench = await startBench({ plan: { maxRows: 1 } }, lease);
    let closedBefore = -1;
    bench.source.give(blockOf(lease, new Array(50).fill('good')));
    bench.clock.timer(0, () => {
      closedBefore = bench.telemetry.closed.length;
    });
    await bench.clock.advance(0);
    assert.ok(
      closedBefore >= 0 && closedBefore < 50,
      `${closedBefore} batches before the timer had its turn`,
    );
  });

  test('asks for nothing beyond its budget until something is released (P4)', async () => {
    const lease = makeLease();
    const bench = await startBench({ plan: { maxInFlightBytes: 1 } }, lease);
    bench.sink.acknowledges = false;
    bench.source.give(blockOf(lease, ['good', 'good', 'good', 'good']));
    await bench.clock.advance(0);
    assert.equal(bench.source.isAsked, false);
    bench.sink.sends[0].acknowledge();
    await bench.clock.advance(0);
    assert.equal(bench.source.isAsked, true);
  });

  test('counts what it skips and moves past it without a batch', async () => {
    const lease = makeLease();
    const bench = await startBench({}, lease);
    bench.source.give(blockOf(lease, ['tombstone', 'other-type', 'tombstone']));
    await bench.clock.advance(100);
    assert.deepEqual(bench.telemetry.skipped, { tombstone: 2, 'record-type': 1, command: 0 });
    assert.deepEqual(bench.telemetry.closed, []);
    assert.deepEqual(committed(bench), ['0:3']);
  });
});
