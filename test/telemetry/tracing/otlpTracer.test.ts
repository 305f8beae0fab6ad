import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { EventTracer, TracedRecord, TracedRun } from '../../../src/telemetry/tracing/eventTracer.ts';
import { type OtlpOptions, openOtlpTracer } from '../../../src/telemetry/tracing/otlpTracer.ts';
import { newAuthority, newIdentity } from '../../support/certificates.ts';
import { CONSUMER, ERROR, PRODUCER, startCollector } from '../../support/collector.ts';
import { waitFor } from '../../support/stack.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const AT_MS = 1_700_000_000_000;

const RUN: TracedRun = {
  rows: 7,
  closed: 'due',
  openedMs: AT_MS + 10,
  begunMs: AT_MS + 15.25,
  endedMs: AT_MS + 16.5,
};
const RECORD: TracedRecord = {
  topic: 'in',
  partition: 3,
  offset: 2 ** 40,
  timestampMs: AT_MS - 1500,
  arrivedMs: AT_MS,
  parent: { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'vendor=1' },
  score: { outputs: [['score', 0.75]], decision: 'block' },
};
const SCORED = { kind: 'scored', topic: 'out', partition: 2 } as const;

function open(url: string, options: Partial<OtlpOptions> = {}) {
  const counts = { exported: 0, lost: 0, reasons: new Set<string>() };
  const tracer = openOtlpTracer(
    {
      url: `${url}/v1/traces`,
      headers: {},
      closeTimeoutMs: 5_000,
      pipeline: 'card-fraud',
      version: '1.2.3',
      group: 'scorers',
      clientId: 'client',
      model: { name: 'm', version: '2.0.0', digest: 'd1' },
      ...options,
    },
    {
      spansExported: (count) => {
        counts.exported += count;
      },
      spansLost: (count, why) => {
        counts.lost += count;
        counts.reasons.add(why);
      },
    },
  );
  return { tracer, counts };
}

/** Spans of one event that was scored: its own, its four parts, and the two of its batch. */
const SPANS_AN_EVENT = 7;

function traceEvents(tracer: EventTracer, count: number): void {
  for (let i = 0; i < count; i++) {
    for (const trace of tracer.begin(RUN, [RECORD])) trace.end(SCORED, AT_MS + 20);
  }
}

/** A server that accepts connections and says nothing. */
async function silentServer(t: TestContext): Promise<string> {
  const server = createServer((socket) => t.after(() => socket.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address() as { port: number };
  return `http://127.0.0.1:${address.port}`;
}

/** Nothing listens there. */
async function deadUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

function heapInUse(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('spans of an event', () => {
  test('hang together from the producer’s to that of its sending, with their times', async (t) => {
    const collector = await startCollector(t);
    const { tracer, counts } = open(collector.url, { headers: { authorization: 'Bearer abc' } });
    const [trace] = tracer.begin(RUN, [RECORD]);
    trace!.end(SCORED, AT_MS + 20);
    await tracer.close();

    const named = (name: string) => collector.spans.find((span) => span.name === name)!;
    const event = named('process in');
    assert.deepEqual(
      [event.traceId, event.parentSpanId, event.traceState, event.kind, event.startMs, event.endMs],
      [TRACE, SPAN, 'vendor=1', CONSUMER, AT_MS, AT_MS + 20],
    );
    assert.deepEqual(event.attributes, {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.consumer.group.name': 'scorers',
      'messaging.client.id': 'client',
      'messaging.destination.name': 'in',
      'messaging.destination.partition.id': '3',
      'messaging.kafka.offset': 2 ** 40,
      'tidemark.pipeline': 'card-fraud',
      'tidemark.model.name': 'm',
      'tidemark.model.version': '2.0.0',
      'tidemark.model.digest': 'd1',
      'tidemark.kafka.wait': 1.5,
      'tidemark.output.score': 0.75,
      'tidemark.decision': 'block',
      'tidemark.outcome': 'scored',
    });
    const parts = ['wait', 'batch', 'score', 'send out'].map((name) => named(name));
    assert.deepEqual(
      parts.map(({ traceId, parentSpanId, startMs, endMs }) => [traceId, parentSpanId, startMs, endMs]),
      [
        [TRACE, event.spanId, AT_MS, AT_MS + 10],
        [TRACE, event.spanId, AT_MS + 10, AT_MS + 15.25],
        [TRACE, event.spanId, AT_MS + 15.25, AT_MS + 16.5],
        [TRACE, event.spanId, AT_MS + 16.5, AT_MS + 20],
      ],
    );
    const [, , score, send] = parts;
    assert.deepEqual([trace!.traceId, trace!.traceparent], [TRACE, `00-${TRACE}-${send!.spanId}-01`]);
    assert.equal(send!.kind, PRODUCER);
    assert.equal(send!.attributes['messaging.destination.partition.id'], '2');

    const batch = named('score batch');
    assert.notEqual(batch.traceId, TRACE);
    assert.deepEqual(batch.links, [{ traceId: TRACE, spanId: event.spanId }]);
    assert.deepEqual(score!.links, [{ traceId: batch.traceId, spanId: batch.spanId }]);
    assert.deepEqual([batch.startMs, batch.endMs], [RUN.openedMs, RUN.endedMs]);
    assert.deepEqual(
      [batch.attributes['messaging.batch.message_count'], batch.attributes['tidemark.batch.closed']],
      [7, 'due'],
    );
    assert.equal(named('run model').parentSpanId, batch.spanId);

    const { 'service.instance.id': instance, ...resource } = event.resource;
    assert.match(String(instance), /^[0-9a-f-]{36}$/);
    assert.deepEqual(resource, {
      'service.name': 'card-fraud',
      'service.namespace': 'tidemark',
      'service.version': '1.2.3',
    });
    assert.deepEqual(counts, { exported: SPANS_AN_EVENT, lost: 0, reasons: new Set() });
    const [{ path, headers }] = collector.requests as [(typeof collector.requests)[0]];
    assert.deepEqual([path, headers.authorization], ['/v1/traces', 'Bearer abc']);
    assert.equal(collector.spans.length, SPANS_AN_EVENT);
  });

  test('of one without a producer’s begin a trace', async (t) => {
    const collector = await startCollector(t);
    const { tracer } = open(collector.url, { instance: 'pod-1' });
    const [trace] = tracer.begin(RUN, [{ ...RECORD, parent: undefined, arrivedMs: AT_MS + 12 }]);
    trace!.end(SCORED, AT_MS + 20);
    await tracer.close();
    const event = collector.spans.find(({ name }) => name === 'process in')!;
    assert.deepEqual([event.traceId, event.parentSpanId], [trace!.traceId, '']);
    assert.equal(event.resource['service.instance.id'], 'pod-1');
    const names = collector.spans.filter(({ parentSpanId }) => parentSpanId === event.spanId);
    assert.deepEqual(
      names.map(({ name }) => name).sort(),
      ['batch', 'score', 'send out'],
      'it did not wait before the batch was open',
    );
  });

  test('of one that its producer does not trace belong to its trace all the same, once they were chosen', async (t) => {
    const collector = await startCollector(t);
    const { tracer } = open(collector.url);
    const [trace] = tracer.begin(RUN, [{ ...RECORD, parent: { traceparent: `00-${TRACE}-${SPAN}-00` } }]);
    trace!.end(SCORED, AT_MS + 20);
    await tracer.close();
    const event = collector.spans.find(({ name }) => name === 'process in')!;
    assert.deepEqual([event.traceId, event.parentSpanId], [TRACE, SPAN]);
    assert.match(trace!.traceparent, /-01$/, 'what comes after is to be traced too');
  });

  test('of a rejected one fail with its code, and never quote it', async (t) => {
    const collector = await startCollector(t);
    const { tracer } = open(collector.url);
    const { score: _, ...unscored } = RECORD;
    const [trace] = tracer.begin(RUN, [unscored]);
    trace!.end({ kind: 'dead-lettered', topic: 'dead', code: 'E-FEATURE-RANGE' }, AT_MS + 20);
    await tracer.close();
    const event = collector.spans.find(({ name }) => name === 'process in')!;
    assert.deepEqual(event.status, { code: ERROR, message: 'E-FEATURE-RANGE' });
    assert.equal(event.attributes['error.type'], 'E-FEATURE-RANGE');
    assert.equal(event.attributes['tidemark.outcome'], 'dead-lettered');
    const names = collector.spans.map(({ name }) => name).sort();
    assert.deepEqual(names, ['batch', 'process in', 'run model', 'score batch', 'send dead', 'wait']);
  });

  test('of many events of one batch are linked up to the limit', async (t) => {
    const collector = await startCollector(t);
    const { tracer } = open(collector.url);
    for (const trace of tracer.begin(RUN, new Array(200).fill(RECORD))) trace.end(SCORED, AT_MS + 20);
    await tracer.close();
    assert.equal(collector.spans.find(({ name }) => name === 'score batch')!.links.length, 128);
    assert.equal(new Set(collector.spans.map(({ spanId }) => spanId)).size, collector.spans.length);
  });
});

describe('a collector', () => {
  test('that is not there costs spans and nothing else: what waits is bounded, what is lost is counted', async () => {
    const { tracer, counts } = open(await deadUrl(), { closeTimeoutMs: 200 });
    const began = performance.now();
    traceEvents(tracer, 3_000);
    const tookMs = performance.now() - began;
    const heapBytes = heapInUse();
    traceEvents(tracer, 10_000);
    const grownBytes = heapInUse() - heapBytes;
    assert.ok(grownBytes < 2_000_000, `70,000 spans that are dropped left ${grownBytes} bytes`);
    // What fits into the queue waits; the rest is told once the first of it is taken out.
    await waitFor(() => counts.lost > 0, 'lost spans', 20_000);
    assert.ok(counts.lost >= 13_000 * SPANS_AN_EVENT - 2048 - 512, `${counts.lost} lost`);
    assert.equal(counts.exported, 0);
    assert.ok([...counts.reasons].every((why) => why.length < 250));
    const closing = performance.now();
    await tracer.close();
    const closedMs = performance.now() - closing;
    assert.ok(closedMs < 2_000, `closing took ${closedMs} ms`);
    assert.ok(tookMs < 10_000, `begun and ended in ${tookMs} ms`);
  });

  test('that accepts and never answers does not hold up the end, and every span that is lost by that is counted', async (t) => {
    const { tracer, counts } = open(await silentServer(t), { closeTimeoutMs: 200 });
    traceEvents(tracer, 10);
    const closing = performance.now();
    await tracer.close();
    assert.ok(performance.now() - closing < 2_000);
    assert.deepEqual([counts.exported, counts.lost], [0, 10 * SPANS_AN_EVENT]);
  });

  test('that refuses is told with its answer, and no secret', async (t) => {
    const collector = await startCollector(t);
    collector.status = 401;
    const { tracer, counts } = open(collector.url, { headers: { authorization: 'Bearer secret-1' } });
    traceEvents(tracer, 1);
    await tracer.close();
    assert.equal(counts.lost, SPANS_AN_EVENT);
    assert.match([...counts.reasons].join(), /^HTTP 401 /);
    assert.doesNotMatch([...counts.reasons].join(), /secret/);
  });

  test('over TLS has to be who it says, and may ask the same of the process', async (t) => {
    const authority = newAuthority('authority');
    const { cert, key } = newIdentity('collector', authority, ['localhost']);
    const tls = { cert, key, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
    const collector = await startCollector(t, tls);
    const own = newIdentity('scorer', authority);
    const trusting = { ca: authority.cert, rejectUnauthorized: true };
    const attempts = [
      { ...trusting, cert: own.cert, key: own.key },
      trusting,
      { cert: own.cert, key: own.key, rejectUnauthorized: true },
      { ...trusting, cert: own.cert, key: own.key, serverName: 'somebody.else' },
    ];
    const taken: boolean[] = [];
    for (const attempt of attempts) {
      const { tracer, counts } = open(collector.url, { tls: attempt, closeTimeoutMs: 10_000 });
      traceEvents(tracer, 1);
      await tracer.close();
      taken.push(counts.exported === SPANS_AN_EVENT);
    }
    assert.deepEqual(taken, [true, false, false, false]);
    assert.equal(collector.spans.length, SPANS_AN_EVENT);
  });

  test('that comes back gets what ends from then on', async (t) => {
    const collector = await startCollector(t);
    collector.status = 400;
    const { tracer, counts } = open(collector.url);
    traceEvents(tracer, 1);
    await waitFor(() => counts.lost === SPANS_AN_EVENT, 'lost spans', 20_000);
    collector.status = 200;
    traceEvents(tracer, 2);
    await waitFor(() => counts.exported === 2 * SPANS_AN_EVENT, 'exported spans', 20_000);
    await tracer.close();
    assert.equal(collector.spans.length, 2 * SPANS_AN_EVENT);
  });
});
