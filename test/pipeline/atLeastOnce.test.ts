import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import { AtLeastOnce } from '../../src/pipeline/atLeastOnce.ts';
import { Batch } from '../../src/pipeline/batch.ts';
import { DeadLetters } from '../../src/pipeline/deadLetters.ts';
import type { Lease } from '../../src/pipeline/ports.ts';
import { Progress } from '../../src/pipeline/progress.ts';
import { blockOf, ManualSink, ManualSource, makeLease, PLAN } from '../support/simulationBench.ts';
import { SCORED } from '../support/simulationBroker.ts';
import { SimulatedClock, settled } from '../support/simulationClock.ts';
import { simulatedScorer } from '../support/simulationEvents.ts';
import { SimulatedTelemetry } from '../support/simulationTelemetry.ts';

function setup(latencyFrom: 'event' | 'record' = 'record') {
  const clock = new SimulatedClock();
  const source = new ManualSource();
  const sink = new ManualSink();
  sink.acknowledges = false;
  const telemetry = new SimulatedTelemetry();
  const progress = new Progress(() => {});
  const deadLetters = new DeadLetters(sink, telemetry, PLAN.facts, PLAN.deadLetterPartitions);
  const told: string[] = [];
  const done: Batch[] = [];
  const delivery = new AtLeastOnce(
    { clock, source, sink, telemetry, progress, deadLetters, commitEveryMs: 100, latencyFrom },
    {
      done: (batch) => {
        done.push(batch);
        told.push(`${delivery.pending} pending`);
      },
      committed: () => told.push('committed'),
      failed: (cause) => told.push(cause instanceof TidemarkError ? cause.code : String(cause)),
    },
  );
  const lease = makeLease();
  progress.grant(lease);
  const offer = (offset: number) => delivery.offer(batchAt(progress, lease, offset));
  return { clock, source, sink, telemetry, progress, told, done, delivery, lease, offer };
}

/** A batch of one published row, the record at `offset`. */
function batchAt(
  progress: Progress,
  lease: Lease,
  offset: number,
  timestamp = 1000,
  eventTime = Number.NaN,
): Batch {
  const batch = new Batch(simulatedScorer(), 1, 1);
  const block = blockOf(lease, ['good'], offset);
  block.timestamps[0] = timestamp;
  const segment = progress.open(block);
  assert.ok(segment);
  segment.endOffset = offset + 1;
  segment.endsBlock = true;
  batch.segments.push(segment);
  batch.rows = 1;
  batch.scored = 1;
  batch.eventTimes[0] = eventTime;
  batch.buffers.push(new ManualSink().newRecords(SCORED, 0));
  return batch;
}

function offsets({ commits }: ManualSource): number[] {
  return commits.flatMap((positions) => positions.map(({ offset }) => offset));
}

describe('at-least-once delivery', () => {
  test('commits nothing that is not acknowledged (P1)', async () => {
    const { clock, source, sink, delivery, offer, telemetry } = setup();
    delivery.start();
    await offer(4);
    await clock.advance(500);
    assert.deepEqual(source.commits, []);
    sink.sends[0].acknowledge();
    await clock.advance(500);
    assert.deepEqual(offsets(source), [5], 'once');
    assert.deepEqual(telemetry.committedOffsets, [{ partition: 0, offset: 5, endOffset: 5 }]);
  });

  test('sends one request at a time, in order, what waited in the next one together', async () => {
    const { sink, offer, done, told, delivery } = setup();
    for (const offset of [0, 1, 2]) await offer(offset);
    assert.equal(delivery.pending, 3);
    assert.equal(sink.sends.length, 1);
    sink.sends[0].acknowledge();
    await settled();
    assert.deepEqual(
      sink.sends.map(({ buffers }) => buffers.length),
      [1, 2],
    );
    sink.sends[1].acknowledge();
    await settled();
    assert.deepEqual(
      done.map((batch) => batch.blockOf(0).offsets[0]),
      [0, 1, 2],
    );
    assert.deepEqual(told, ['2 pending', '1 pending', '0 pending']);
  });

  test('takes two batches behind a request and makes the next one wait until the request is over', async () => {
    const { sink, offer } = setup();
    for (const offset of [0, 1, 2]) await offer(offset);
    let room = false;
    offer(3).then(() => {
      room = true;
    });
    await settled();
    assert.equal(room, false);
    sink.sends[0].acknowledge();
    await settled();
    assert.equal(room, true);
  });

  test('gives up waiting for room when it is stopped', async () => {
    const { delivery, offer } = setup();
    for (const offset of [0, 1, 2]) await offer(offset);
    const waiting = offer(3);
    delivery.stop();
    await waiting;
  });

  test('tells latency from the record, or from the event where it has a time', async () => {
    const { sink, clock, delivery, progress, telemetry, lease } = setup('event');
    const nowMs = clock.now();
    delivery.offer(batchAt(progress, lease, 0, nowMs - 50));
    delivery.offer(batchAt(progress, lease, 1, nowMs - 50, nowMs - 70));
    delivery.offer(batchAt(progress, lease, 2, -1));
    sink.sends[0].acknowledge();
    await settled();
    sink.sends[1].acknowledge();
    await settled();
    assert.deepEqual(telemetry.latenciesMs, [50, 70], 'a record without a timestamp has none');
  });
});

describe('a commit', () => {
  async function acknowledged() {
    const parts = setup();
    await parts.offer(0);
    parts.sink.sends[0].acknowledge();
    await settled();
    return parts;
  }

  test('that is refused is told, and asked for again while somebody waits and the lease is held', async () => {
    const { clock, source, delivery, lease, telemetry, progress } = await acknowledged();
    source.answer = () => Promise.resolve('refused');
    let resolved = false;
    delivery.commit([lease]).then(() => {
      resolved = true;
    });
    await clock.advance(450);
    assert.deepEqual(telemetry.refusedCommits, [[0], [0], [0]]);
    assert.equal(resolved, false);
    progress.drop(lease);
    await clock.advance(200);
    assert.equal(resolved, true);
    assert.equal(source.commits.length, 3);
  });

  test('that does not reach the broker is tried again until it does', async () => {
    const { clock, source, delivery, lease, told } = await acknowledged();
    source.answer = () => Promise.reject(new TidemarkError('E-KAFKA-UNREACHABLE', 'away'));
    const waiting = delivery.commit([lease]);
    await clock.advance(300);
    assert.deepEqual(told, ['0 pending']);
    source.answer = () => Promise.resolve('committed');
    await Promise.all([waiting, clock.advance(200)]);
    assert.deepEqual(told, ['0 pending', 'committed']);
  });

  test('is one at a time', async () => {
    const { clock, source, delivery, lease, offer, sink } = await acknowledged();
    const first = Promise.withResolvers<'committed'>();
    source.answer = () => first.promise;
    delivery.start();
    await clock.advance(150);
    await offer(1);
    sink.sends[1].acknowledge();
    await settled();
    const second = delivery.commit([lease]);
    await settled();
    assert.deepEqual(offsets(source), [1]);
    first.resolve('committed');
    await second;
    assert.deepEqual(offsets(source), [1, 2]);
  });

  test('that cannot be cured fails the delivery, by the timer and for who waits', async () => {
    const { clock, source, delivery, lease, told } = await acknowledged();
    source.answer = () => Promise.reject(new TidemarkError('E-KAFKA-ACL', 'no'));
    delivery.start();
    await clock.advance(100);
    assert.deepEqual(told, ['0 pending', 'E-KAFKA-ACL']);
    await assert.rejects(delivery.commit([lease]), { code: 'E-KAFKA-ACL' });
  });

  test('is not made any more once the delivery is stopped', async () => {
    const { clock, source, delivery, lease } = await acknowledged();
    delivery.start();
    delivery.stop();
    await delivery.commit([lease]);
    await clock.advance(1000);
    assert.deepEqual(source.commits, []);
  });
});
