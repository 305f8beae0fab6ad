import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Bench, blockOf, makeLease, startBench } from '../support/simulationBench.ts';
import { DEAD, SCORED } from '../support/simulationBroker.ts';

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
