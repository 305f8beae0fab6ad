import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodeHeaders } from '../../src/kafka/headers.ts';
import { TraceHeaderReader } from '../../src/kafka/traceHeaders.ts';
import type { Block, Lease } from '../../src/pipeline/ports.ts';
import type { Tracing } from '../../src/pipeline/traces.ts';
import { makeLease, recordsOf, startBench } from '../support/simulationBench.ts';
import { DEAD, SCORED } from '../support/simulationBroker.ts';
import { type EventKind, makeBlock } from '../support/simulationEvents.ts';
import { SimulatedTracer, spanOf } from '../support/simulationTraces.ts';

const utf8 = (text: string) => Buffer.from(text);
const SAMPLED = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const UNSAMPLED = SAMPLED.replace(/1$/, '0');

/** Records of which some have a producer's span. */
function tracedBlock(lease: Lease, kinds: readonly EventKind[], parents: readonly (string | null)[]): Block {
  const records = recordsOf(kinds).map((record, i) => {
    const parent = parents[i];
    if (parent === null || parent === undefined) return record;
    const headers = encodeHeaders([
      { name: 'other', value: utf8('x') },
      { name: 'traceparent', value: utf8(parent) },
    ]);
    return { ...record, headers };
  });
  return makeBlock(lease, records);
}

async function start(lease: Lease, options: Partial<Tracing> = {}, acknowledges = true) {
  const tracer = new SimulatedTracer();
  const tracing: Tracing = {
    tracer,
    headers: new TraceHeaderReader(),
    sample: 0,
    maxPerSecond: 100,
    decisions: ['high', 'low'],
    random: () => 0.5,
    ...options,
  };
  const bench = await startBench({ tracing }, lease);
  bench.sink.acknowledges = acknowledges;
  const spans = (topic: string) =>
    bench.sink.sends
      .flatMap(({ buffers }) => buffers.flatMap(({ records }) => records))
      .filter((record) => record.topic === topic)
      .map(({ offset, headers }) => [offset, headers.get('traceparent')]);
  return { ...bench, bench, tracer, spans };
}

describe('traces of events', () => {
  test('are of those that their producer traces, whose scored events name a span of their own', async () => {
    const lease = makeLease(3);
    const { source, clock, tracer, spans } = await start(lease);
    const parents = [null, SAMPLED, UNSAMPLED, SAMPLED];
    source.give(tracedBlock(lease, ['good', 'good', 'good', 'good'], parents));
    await clock.advance(50);
    assert.deepEqual(spans(SCORED), [
      [0, undefined],
      [1, spanOf('in/3@1')],
      [2, undefined],
      [3, spanOf('in/3@3')],
    ]);
    const [one, three] = tracer.traces;
    assert.equal(tracer.traces.length, 2);
    assert.deepEqual(one!.record.parent, { traceparent: SAMPLED });
    assert.deepEqual(one!.record.score, { outputs: [['score', 0.001]], decision: 'low' });
    assert.deepEqual(
      three!.ends.map(({ outcome }) => outcome),
      [{ kind: 'scored', topic: SCORED, partition: 3 }],
    );
  });

  test('are told when things were, in order and by one clock', async () => {
    const lease = makeLease();
    const { source, sink, clock, tracer } = await start(lease, {}, false);
    await clock.advance(20);
    source.give(tracedBlock(lease, ['good', 'good'], [null, SAMPLED]));
    await clock.advance(30);
    assert.deepEqual(tracer.traces[0]!.ends, [], 'not acknowledged yet');
    sink.sends[0]!.acknowledge();
    await clock.advance(1);
    const [{ record, ends }] = tracer.traces as [(typeof tracer.traces)[0]];
    const [run] = tracer.runs;
    const times = [record.arrivedMs, run!.openedMs, run!.begunMs, run!.endedMs, ends[0]!.atMs];
    assert.deepEqual(
      [...times].sort((a, b) => a - b),
      times,
    );
    // The batch closes when it is due, 10 ms after its first record; the acknowledgement came 20 ms later.
    assert.equal(run!.begunMs - run!.openedMs, 10);
    assert.equal(ends[0]!.atMs - run!.endedMs, 20);
    assert.deepEqual([run!.rows, run!.closed, record.timestampMs], [2, 'due', 1001]);
  });

  test('are of dead letters too, whose log line names them and whose headers are left alone', async () => {
    const lease = makeLease();
    const { source, clock, tracer, telemetry, spans } = await start(lease);
    const kinds: EventKind[] = ['rejected', 'not-finite', 'unframed', 'good'];
    source.give(tracedBlock(lease, kinds, [SAMPLED, SAMPLED, null, null]));
    await clock.advance(50);
    assert.deepEqual(
      tracer.traces.map(({ place, ends }) => [place, ...ends.map(({ outcome }) => outcome)]),
      [
        ['in/0@1', { kind: 'dead-lettered', topic: DEAD, code: 'E-SCORE-NOT-FINITE' }],
        ['in/0@0', { kind: 'dead-lettered', topic: DEAD, code: 'E-FEATURE-RANGE' }],
      ],
    );
    assert.equal(tracer.traces[1]!.record.score, undefined);
    assert.deepEqual(telemetry.rejectedTraces, ['trace of in/0@1', 'trace of in/0@0']);
    assert.equal(telemetry.rejected.length, 3);
    assert.deepEqual(
      spans(DEAD).map(([, span]) => span),
      [undefined, undefined, undefined],
    );
  });

  test('of what the broker refused say so', async () => {
    const lease = makeLease();
    const { source, sink, clock, tracer, telemetry } = await start(lease, {}, false);
    source.give(tracedBlock(lease, ['good', 'good'], [SAMPLED, SAMPLED]));
    await clock.advance(20);
    const [send] = sink.sends;
    const refusal = { code: 'E-RECORD-TOO-LARGE', detail: 'too large' } as const;
    send!.acknowledge([{ records: send!.buffers[0]!, index: 1, ...refusal }]);
    await clock.advance(1);
    sink.sends[1]!.acknowledge();
    await clock.advance(1);
    assert.deepEqual(
      tracer.traces.map(({ ends }) => ends.map(({ outcome }) => outcome.kind)),
      [['scored'], ['dead-lettered']],
    );
    assert.deepEqual(telemetry.rejectedTraces, ['trace of in/0@1']);
  });

  test('are no more than allowed; the others keep what their producer gave them, and are counted', async () => {
    const lease = makeLease();
    const { source, clock, tracer, telemetry, spans } = await start(lease, { maxPerSecond: 2 });
    source.give(tracedBlock(lease, ['good', 'good', 'good', 'good'], new Array(4).fill(SAMPLED)));
    await clock.advance(50);
    assert.deepEqual(
      spans(SCORED).map(([, span]) => span !== undefined),
      [true, true, false, false],
    );
    assert.deepEqual(telemetry.traced, { traced: 2, overLimit: 0 });
    await clock.advance(1000);
    source.give(makeBlock(lease, recordsOf(['good'], 4)));
    await clock.advance(50);
    assert.deepEqual(telemetry.traced, { traced: 2, overLimit: 2 });
    assert.equal(tracer.runs.length, 1, 'a run without a traced event is nobody’s concern');
  });

  test('with a share are of events without a producer’s span as well, which have no parent', async () => {
    const lease = makeLease();
    const { source, clock, tracer } = await start(lease, { sample: 1 });
    source.give(tracedBlock(lease, ['good', 'good', 'good'], [null, UNSAMPLED, 'nonsense']));
    await clock.advance(50);
    assert.deepEqual(
      tracer.traces.map(({ record }) => record.parent),
      [undefined, { traceparent: UNSAMPLED }, undefined],
    );
  });

  test('end when the partition has gone to somebody else too, and its bytes are looked at no more', async () => {
    const lease = makeLease(1);
    const { source, sink, clock, tracer, bench, telemetry } = await start(lease, {}, false);
    const block = tracedBlock(lease, ['good', 'good', 'good', 'good'], new Array(4).fill(SAMPLED));
    source.give(block);
    await clock.advance(0);
    assert.equal(sink.sends.length, 1);
    const next = tracedBlock(lease, ['good'], [SAMPLED]);
    source.give(next);
    await clock.advance(5);
    source.lose(lease);
    // As headers: 63 of them, the first with a name beyond their end.
    next.bytes.fill(0x7e);
    sink.sends[0]!.acknowledge();
    await clock.advance(50);
    assert.deepEqual(
      tracer.traces.map(({ ends }) => ends.map(({ outcome }) => outcome.kind)),
      [['scored'], ['scored'], ['scored'], ['scored']],
      'these were published before the partition went',
    );
    assert.ok(telemetry.closed.includes('ending'), 'what was read and not scored is closed');
    assert.equal(bench.ended, undefined, 'and its bytes, which are no headers any more, harm nobody');
  });
});
