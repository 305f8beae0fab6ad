/** Traces that begin with a producer who traces by OpenTelemetry, and lead to the scored event. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { defaultTextMapSetter, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { type Sampler, SamplingDecision, TracerProvider } from '@opentelemetry/sdk-trace';
import { newCardFraud, type Settings } from '../support/cardFraud.ts';
import { CONSUMER, type CollectedSpan, PRODUCER, startCollector } from '../support/collector.ts';
import { encodePayment, type Payment, payments } from '../support/payments.ts';
import { readScored } from '../support/scored.ts';
import { produce, readAll, waitFor } from '../support/stack.ts';
import { runTidemark } from '../support/tidemark.ts';

/** The producer traces every tenth of its events. */
const EVERY = 10;
const TOKEN = 'token-that-nobody-may-see';

interface Sent {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceparent: string;
  readonly isSampled: boolean;
}

/** Sends events as an instrumented producer: a span each, in the header of W3C Trace Context. */
async function sendTraced(
  topic: string,
  values: readonly Payment[],
  encode: (value: Payment, at: number) => Buffer,
): Promise<Sent[]> {
  let count = 0;
  const sampler: Sampler = {
    shouldSample: () => ({
      decision: count++ % EVERY === 0 ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD,
    }),
    toString: () => `every ${EVERY}th`,
  };
  const tracer = new TracerProvider({ sampler }).getTracer('payments');
  const propagator = new W3CTraceContextPropagator();
  const sent: Sent[] = [];
  const messages = values.map((value, at) => {
    const span = tracer.startSpan(`send ${topic}`, { kind: SpanKind.PRODUCER, root: true });
    const headers: Record<string, string> = { tracestate: 'shop=1', other: 'kept' };
    propagator.inject(trace.setSpan(ROOT_CONTEXT, span), headers, defaultTextMapSetter);
    span.end();
    const { traceId, spanId, traceFlags } = span.spanContext();
    sent.push({ traceId, spanId, traceparent: headers.traceparent!, isSampled: traceFlags === 1 });
    return { key: value.customer_id, value: encode(value, at), headers };
  });
  await produce(topic, messages);
  return sent;
}

/** From a span up to the one that is not among them. */
function chainOf(spans: readonly CollectedSpan[], traceId: string, spanId: string): string[] {
  const chain: string[] = [];
  for (let id = spanId; ; ) {
    const span = spans.find((one) => one.traceId === traceId && one.spanId === id);
    chain.push(span === undefined ? id : span.name);
    if (span === undefined || chain.length > 10) return chain;
    id = span.parentSpanId;
  }
}

for (const client of ['native', 'kafkajs']) {
  test(`with ${client}, the scored event of one that its producer traces names a span whose parents lead to the producer's`, async (t) => {
    const collector = await startCollector(t);
    process.env.TIDEMARK_TEST_TOKEN = TOKEN;
    const settings: Settings = {
      'kafka.client': client,
      'log.level': 'debug',
      'tracing.endpoint': collector.url,
      'tracing.headers': { authorization: `Bearer \${TIDEMARK_TEST_TOKEN}` },
      'tracing.max_per_second': 1_000,
    };
    const pipeline = await newCardFraud(t, { partitions: 2, settings });
    const values = payments(200, (at) => `customer-number-${at}`);
    const broken = 20;
    const sent = await sendTraced(pipeline.input, values, (value, at) =>
      at === broken ? Buffer.from('not framed') : encodePayment(pipeline.schemaId, value),
    );
    const startedMs = Date.now();
    const job = runTidemark(t, pipeline.file, '--until-end');
    assert.equal((await job.summary()).scored, 199);

    const events = await readScored(pipeline.output);
    const { spans } = collector;
    for (const { record, value } of events) {
      const at = Number((value.transaction_id as string).slice(2));
      const { traceId, spanId, traceparent, isSampled } = sent[at]!;
      assert.equal(isSampled, at % EVERY === 0);
      assert.deepEqual([record.headers.tracestate, record.headers.other], ['shop=1', 'kept']);
      if (!isSampled) {
        assert.equal(record.headers.traceparent, traceparent, 'what it came with');
        continue;
      }
      const [version, ownTrace, ownSpan, flags] = record.headers.traceparent!.split('-');
      assert.deepEqual([version, ownTrace, flags], ['00', traceId, '01']);
      assert.deepEqual(chainOf(spans, traceId, ownSpan!), [
        `send ${pipeline.output}`,
        `process ${pipeline.input}`,
        spanId,
      ]);
      const own = spans.find((span) => span.spanId === ownSpan)!;
      const event = spans.find((span) => span.spanId === own.parentSpanId)!;
      assert.deepEqual([own.kind, event.kind, event.traceState], [PRODUCER, CONSUMER, 'shop=1']);
      assert.equal(own.attributes['messaging.destination.partition.id'], String(record.partition));
      assert.equal(event.attributes['tidemark.output.score'], value.score);
      assert.equal(event.attributes['tidemark.decision'], value.decision);
      assert.equal(event.attributes['tidemark.model.version'], record.headers['model-version']);
      const place = `${event.attributes['messaging.destination.name']}/${event.attributes['messaging.destination.partition.id']}@${event.attributes['messaging.kafka.offset']}`;
      assert.equal(place, record.headers.source);
      assert.ok(
        event.startMs >= startedMs && event.startMs <= own.startMs,
        `${event.startMs}, ${own.startMs}`,
      );
      assert.ok(own.endMs >= own.startMs && own.endMs <= Date.now() + 1, `${own.endMs}`);
    }

    const rejected = await job.says({ event: 'eventRejected', code: 'E-AVRO-FRAME' });
    assert.equal(rejected.trace_id, sent[broken]!.traceId);
    const [letter] = await readAll(pipeline.deadLetter);
    assert.equal(
      letter!.headers.traceparent,
      sent[broken]!.traceparent,
      'a dead letter can be sent again as it was',
    );
    const failed = spans.filter(({ attributes }) => attributes['error.type'] === 'E-AVRO-FRAME');
    assert.deepEqual(
      failed.map(({ traceId }) => traceId),
      [sent[broken]!.traceId],
    );

    // Nothing of others, no key and no feature; and the token went to the collector alone.
    const begun = spans.filter(({ name }) => name === `process ${pipeline.input}`);
    assert.equal(begun.length, values.length / EVERY);
    const told = JSON.stringify(spans);
    for (const { customer_id } of values) assert.ok(!told.includes(customer_id), customer_id);
    assert.ok(!Object.keys(begun[0]!.attributes).some((name) => name.includes('amount')));
    assert.ok(collector.requests.every(({ headers }) => headers.authorization === `Bearer ${TOKEN}`));
    assert.ok(!job.story().includes(TOKEN), 'the token is in the log');
  });
}

/** Nothing listens there. */
async function deadUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

test('a collector that is not there costs traces and no score, and the process ends in time', async (t) => {
  const settings: Settings = {
    'tracing.endpoint': await deadUrl(),
    'tracing.sample': 1,
    'tracing.max_per_second': 10_000,
  };
  const pipeline = await newCardFraud(t, { partitions: 2, settings });
  await pipeline.send(payments(5_000));
  const job = runTidemark(t, pipeline.file);
  await waitFor(async () => (await readAll(pipeline.output)).length === 5_000, 'scores', 30_000);
  const { level, msg } = await job.says({ event: 'spansLost' });
  assert.equal(level, 'warn');
  assert.match(msg, /scoring goes on/);
  const askedMs = performance.now();
  job.kill('SIGTERM');
  await job.endsWith(0);
  assert.ok(performance.now() - askedMs < 10_000, 'flushing has a deadline');
});
