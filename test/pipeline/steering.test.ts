import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { blockOf, ManualSource, makeLease, startBench } from '../support/simulationBench.ts';
import { SCORED } from '../support/simulationBroker.ts';

const GOOD = ['good', 'good', 'good'] as const;

describe('a pause', () => {
  test('finishes and commits what is in hand, and asks for nothing more', async () => {
    const lease = makeLease();
    const { source, sink, pipeline, clock } = await startBench({}, lease);
    sink.acknowledges = false;
    source.give(blockOf(lease, GOOD));
    await clock.advance(20);
    pipeline.pause();
    sink.sends[0]!.acknowledge();
    await clock.advance(200);
    assert.deepEqual(sink.sent(SCORED), ['0@0', '0@1', '0@2']);
    assert.equal(source.commits.at(-1)?.[0]?.offset, 3);
  });

  test('leaves alone what was asked for before it and comes in it, until it is over', async () => {
    const lease = makeLease();
    const bench = await startBench({ plan: { watchdogMs: 300 } }, lease);
    const { source, sink, pipeline, clock } = bench;
    assert.ok(source.isAsked);
    pipeline.pause();
    source.give(blockOf(lease, GOOD));
    await clock.advance(5000);
    assert.deepEqual(sink.sent(SCORED), []);
    assert.ok(!source.isAsked);
    assert.equal(bench.ended, undefined, 'the watchdog takes a pause for a stuck pipeline');
    pipeline.resume();
    await clock.advance(20);
    assert.deepEqual(sink.sent(SCORED), ['0@0', '0@1', '0@2']);
    assert.ok(source.isAsked);
  });

  test('gives back what it left alone when the lease goes', async () => {
    const lease = makeLease();
    const { source, sink, pipeline, clock } = await startBench({}, lease);
    pipeline.pause();
    const block = blockOf(lease, GOOD);
    source.give(block);
    await clock.advance(10);
    source.lose(lease);
    assert.deepEqual(source.released, [block]);
    pipeline.resume();
    await clock.advance(20);
    assert.deepEqual(sink.sent(SCORED), []);
  });

  test('does not hide work in hand that hangs', async () => {
    const lease = makeLease();
    const bench = await startBench({ plan: { watchdogMs: 300 } }, lease);
    bench.sink.acknowledges = false;
    bench.source.give(blockOf(lease, GOOD));
    await bench.clock.advance(20);
    bench.pipeline.pause();
    await bench.clock.advance(1000);
    assert.equal(bench.ended?.code, 'E-WATCHDOG');
  });

  test('twice is one pause, and one resume ends it', async () => {
    const lease = makeLease();
    const { source, pipeline, clock } = await startBench({}, lease);
    pipeline.pause();
    pipeline.pause();
    source.give(blockOf(lease, GOOD));
    await clock.advance(10);
    pipeline.resume();
    pipeline.resume();
    await clock.advance(10);
    assert.ok(source.isAsked);
  });

  test('does not hold up a drain', async () => {
    const lease = makeLease();
    const bench = await startBench({}, lease);
    bench.source.give(blockOf(lease, GOOD));
    await bench.clock.advance(20);
    bench.pipeline.pause();
    bench.pipeline.drain();
    await bench.clock.advance(20);
    assert.deepEqual(bench.ended, { code: undefined });
    assert.equal(bench.source.commits.at(-1)?.[0]?.offset, 3);
  });
});

describe('moving a partition', () => {
  test('is the source’s work, and what is passed over is counted', async () => {
    const [lease, other] = [makeLease(2), makeLease(0)];
    const { source, telemetry, pipeline } = await startBench({}, lease, other);
    source.sought = { kind: 'moved', from: 10, to: 14 };
    assert.deepEqual(await pipeline.seek(2, { skip: 4 }), source.sought);
    assert.deepEqual(source.seeks, [{ lease, to: { skip: 4 } }]);
    assert.equal(telemetry.skipped.command, 4);
    source.sought = { kind: 'moved', from: 10, to: 4 };
    await pipeline.seek(0, { offset: 4 });
    assert.equal(telemetry.skipped.command, 4, 'nothing is skipped on the way back');
  });

  test('says that it does not hold the partition, and refuses while it drains', async () => {
    const lease = makeLease();
    const { source, pipeline } = await startBench({}, lease);
    assert.equal(await pipeline.seek(7, 'latest'), undefined);
    pipeline.drain();
    assert.equal((await pipeline.seek(0, 'latest'))?.kind, 'refused');
    assert.deepEqual(source.seeks, []);
  });

  test('commits nothing of what was read before, whenever that is acknowledged', async () => {
    const lease = makeLease();
    const source = new ManualSource();
    const { sink, clock } = await startBench({ source }, lease);
    sink.acknowledges = false;
    source.give(blockOf(lease, GOOD));
    await clock.advance(20);
    const next = makeLease(0, 2);
    lease.state = { kind: 'gone', reason: 'moved' };
    source.lose(lease);
    source.grant(next);
    sink.sends[0]!.acknowledge();
    await clock.advance(500);
    assert.deepEqual(source.commits, []);
  });
});
