import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import { AtLeastOnce } from '../../src/pipeline/atLeastOnce.ts';
import { Batch } from '../../src/pipeline/batch.ts';
import { DeadLetters } from '../../src/pipeline/deadLetters.ts';
import type { Lease } from '../../src/pipeline/ports.ts';
import { Progress } from '../../src/pipeline/progress.ts';
import { blockOf, ManualSink, ManualSource, makeLease, PLAN } from '../support/simulationBench.ts';
import { DEAD, SCORED } from '../support/simulationBroker.ts';
import { SimulatedClock, settled } from '../support/simulationClock.ts';
import { SimulatedReaders, simulatedScorer } from '../support/simulationEvents.ts';
import { SimulatedStamp } from '../support/simulationSink.ts';
import { SimulatedTelemetry } from '../support/simulationTelemetry.ts';

function setup(latencyFrom: 'event' | 'record' = 'record') {
  const clock = new SimulatedClock();
  const source = new ManualSource();
  const sink = new ManualSink();
  sink.acknowledges = false;
  const telemetry = new SimulatedTelemetry();
  const progress = new Progress(() => {});
  const deadLetters = new DeadLetters(
    sink,
    new SimulatedReaders(),
    telemetry,
    PLAN.facts,
    PLAN.deadLetterPartitions,
  );
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
  const batch = new Batch(simulatedScorer(), { maxRows: 1, carriedFields: 1, features: 1, rules: 2 });
  const block = blockOf(lease, ['good'], offset);
  block.timestamps[0] = timestamp;
  const segment = progress.open({ block, index: 0, arrivedMs: 0 }, 0);
  assert.ok(segment);
  segment.endRow = 1;
  segment.endOffset = offset + 1;
  segment.endsBlock = true;
  batch.segments.push(segment);
  batch.rows = 1;
  batch.scored = 1;
  batch.eventTimes[0] = eventTime;
  const records = new ManualSink().newRecords(SCORED, 0);
  records.append(block, 0, block.bytes, 0, 1, 0, new SimulatedStamp([], { source: false }));
  batch.buffers.push(records);
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

  test('has four sends on their way at most, begun in order, and sends together what waited', async () => {
    const { sink, offer, delivery } = setup();
    for (const offset of [0, 1, 2, 3, 4, 5]) await offer(offset);
    assert.equal(delivery.pending, 6);
    assert.equal(sink.sends.length, 4);
    sink.sends[2].acknowledge();
    await settled();
    assert.deepEqual(
      sink.sends.map(({ buffers }) => buffers.length),
      [1, 1, 1, 1, 2],
    );
    assert.equal(delivery.pending, 5);
  });

  test('settles what is answered first, and commits up to the oldest that is not (P1)', async () => {
    const { clock, source, sink, offer, done, told, delivery } = setup();
    delivery.start();
    for (const offset of [0, 1, 2]) await offer(offset);
    for (const send of [sink.sends[1], sink.sends[2]]) send.acknowledge();
    await clock.advance(200);
    assert.deepEqual(
      done.map((batch) => batch.blockOf(0).offsets[0]),
      [1, 2],
    );
    assert.deepEqual(told, ['2 pending', '1 pending']);
    assert.deepEqual(source.commits, []);
    sink.sends[0].acknowledge();
    await clock.advance(200);
    assert.deepEqual(offsets(source), [3]);
  });

  test('gives buffers back once their send is answered, and only those', async () => {
    const { sink, offer, done } = setup();
    for (const offset of [0, 1]) await offer(offset);
    assert.deepEqual(sink.released, []);
    sink.sends[1].acknowledge();
    await settled();
    assert.deepEqual(sink.released, sink.sends[1].buffers);
    assert.equal(done.length, 1);
  });

  test('dead-letters what one send has refused while others are on their way, and gives all its buffers back', async () => {
    const { sink, offer, done, told, telemetry } = setup();
    for (const offset of [0, 1]) await offer(offset);
    const [records] = sink.sends[0].buffers;
    const refusal = { records, index: 0, code: 'E-RECORD-TOO-LARGE', detail: 'too large' } as const;
    sink.sends[0].acknowledge([refusal]);
    await settled();
    assert.deepEqual(sink.sent(DEAD), ['0@0']);
    assert.equal(done.length, 0, 'a dead letter is an outcome once it is acknowledged');
    sink.sends[1].acknowledge();
    sink.sends[2].acknowledge();
    await settled();
    assert.deepEqual(told, ['1 pending', '0 pending']);
    assert.deepEqual([telemetry.scored, telemetry.deadLettered], [1, 1]);
    const sent = sink.sends.flatMap(({ buffers }) => buffers);
    assert.deepEqual(new Set(sink.released), new Set(sent));
    assert.equal(sink.released.length, sent.length);
  });

  test('takes two batches behind the sends and makes the next one wait until one of them is over', async () => {
    const { sink, offer } = setup();
    for (const offset of [0, 1, 2, 3, 4, 5]) await offer(offset);
    let room = false;
    offer(6).then(() => {
      room = true;
    });
    await settled();
    assert.equal(room, false);
    sink.sends[3].acknowledge();
    await settled();
    assert.equal(room, true);
  });

  test('gives up waiting for room when it is stopped, and sends nothing more', async () => {
    const { delivery, offer, sink } = setup();
    for (const offset of [0, 1, 2, 3, 4, 5]) await offer(offset);
    const waiting = offer(6);
    delivery.stop();
    await waiting;
    sink.sends[0].acknowledge();
    await settled();
    assert.equal(sink.sends.length, 4);
  });

  test('tells latency from the record, or from the event where it has a time', async () => {
    const { sink, clock, delivery, progress, telemetry, lease } = setup('event');
    const nowMs = clock.now();
    delivery.offer(batchAt(progress, lease, 0, nowMs - 50));
    delivery.offer(batchAt(progress, lease, 1, nowMs - 50, nowMs - 70));
    delivery.offer(batchAt(progress, lease, 2, -1));
    for (const send of sink.sends) send.acknowledge();
    await settled();
    assert.deepEqual(telemetry.latenciesMs, [50, 70], 'a record without a timestamp has none');
  });

  test('tells no latency of a lease that is gone: what was in its block may be another fetch’s', async () => {
    const { sink, offer, lease, telemetry } = setup();
    await offer(0);
    lease.state = { kind: 'gone', reason: 'lost' };
    sink.sends[0].acknowledge();
    await settled();
    assert.deepEqual(telemetry.latenciesMs, []);
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
