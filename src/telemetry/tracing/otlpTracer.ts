/**
 * Traces by OpenTelemetry, sent over OTLP/HTTP. Nothing global of that library is touched: a service that Tidemark is part of
 * may have its own. Loaded only where `tracing` is configured.
 */
import { randomUUID } from 'node:crypto';
import {
  type Attributes,
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import * as names from './attributes.ts';
import type {
  EventTrace,
  EventTracer,
  Score,
  TracedOutcome,
  TracedRecord,
  TracedRun,
} from './eventTracer.ts';
import { type SpanCounts, SpanExport } from './spanExport.ts';

/** Also how long a span waits for a collector that is down, after some attempts, before it is dropped. */
const EXPORT_TIMEOUT_MS = 5_000;
/** Exports at a time; while scoring it is one. */
const MAX_EXPORTS = 8;
/** Events that a batch's span is linked to; the library's own limit. */
const MAX_LINKS = 128;
const MAX_VALUE_CHARACTERS = 512;

export interface OtlpOptions {
  /** Where traces are posted to, path and all. */
  readonly url: string;
  /** Secret: credentials of the collector are among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly serverName?: string;
    readonly rejectUnauthorized: boolean;
  };
  /** How long `close` may take. */
  readonly closeTimeoutMs: number;
  readonly pipeline: string;
  /** Of Tidemark. */
  readonly version: string;
  /** Tells this process from others of the pipeline. */
  readonly instance?: string;
  readonly group: string;
  readonly clientId: string;
  readonly model: { readonly name: string; readonly version: string; readonly digest: string };
}

const propagator = new W3CTraceContextPropagator();

export function openOtlpTracer(options: OtlpOptions, counts: SpanCounts): EventTracer {
  return new OtlpTracer(options, counts);
}

class OtlpTracer implements EventTracer {
  readonly #provider: TracerProvider;
  readonly #export: SpanExport;
  readonly #tracer: Tracer;
  readonly #closeTimeoutMs: number;
  /** Of every event's span. */
  readonly #consumer: Attributes;
  readonly #model: Attributes;

  constructor(options: OtlpOptions, counts: SpanCounts) {
    const { version, pipeline, group, clientId, model } = options;
    this.#closeTimeoutMs = options.closeTimeoutMs;
    this.#export = new SpanExport(newExporter(options), counts);
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({
        [names.SERVICE_NAME]: pipeline,
        [names.SERVICE_NAMESPACE]: 'tidemark',
        [names.SERVICE_VERSION]: version,
        [names.SERVICE_INSTANCE]: options.instance ?? randomUUID(),
      }),
      // What is begun here was chosen before.
      sampler: new AlwaysOnSampler(),
      spanLimits: { attributeValueLengthLimit: MAX_VALUE_CHARACTERS, linkCountLimit: MAX_LINKS },
      spanProcessors: [this.#export],
    });
    this.#tracer = this.#provider.getTracer('tidemark', version);
    this.#consumer = {
      [names.SYSTEM]: 'kafka',
      [names.OPERATION]: 'process',
      [names.OPERATION_TYPE]: 'process',
      [names.GROUP]: group,
      [names.CLIENT]: clientId,
      [names.PIPELINE]: pipeline,
    };
    this.#model = {
      [names.MODEL_NAME]: model.name,
      [names.MODEL_VERSION]: model.version,
      [names.MODEL_DIGEST]: model.digest,
    };
  }

  begin(run: TracedRun, records: readonly TracedRecord[]): EventTrace[] {
    const events = records.map((record) => this.#beginEvent(record));
    const batch = this.#tracer.startSpan('score batch', {
      root: true,
      startTime: run.openedMs,
      attributes: {
        ...this.#model,
        [names.BATCH_ROWS]: run.rows,
        [names.BATCH_CLOSED]: run.closed,
        [names.PIPELINE]: this.#consumer[names.PIPELINE]!,
      },
      links: events.slice(0, MAX_LINKS).map((span) => ({ context: span.spanContext() })),
    });
    this.#tracer
      .startSpan('run model', { startTime: run.begunMs }, trace.setSpan(ROOT_CONTEXT, batch))
      .end(run.endedMs);
    batch.end(run.endedMs);
    return events.map((span, i) => this.#follow(span, records[i]!, run, batch));
  }

  /** Within a deadline: a collector that does not answer must not hold up the end of the process. */
  async close(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#closeTimeoutMs);
    await Promise.race([this.#provider.shutdown().catch(() => {}), late]);
    clearTimeout(timer);
    this.#export.giveUp();
  }

  #beginEvent({ topic, partition, offset, timestampMs, arrivedMs, parent, score }: TracedRecord): Span {
    const attributes: Attributes = {
      ...this.#consumer,
      ...this.#model,
      [names.DESTINATION]: topic,
      [names.PARTITION]: String(partition),
      [names.OFFSET]: offset,
      ...(score && scoreAttributes(score)),
    };
    if (timestampMs >= 0) attributes[names.KAFKA_WAIT] = Math.max(0, arrivedMs - timestampMs) / 1000;
    const context =
      parent === undefined ? ROOT_CONTEXT : propagator.extract(ROOT_CONTEXT, parent, defaultTextMapGetter);
    const kind = SpanKind.CONSUMER;
    return this.#tracer.startSpan(`process ${topic}`, { kind, startTime: arrivedMs, attributes }, context);
  }

  /** The parts of an event's time up to its sending, which is begun. */
  #follow(event: Span, record: TracedRecord, run: TracedRun, batch: Span): EventTrace {
    const within = trace.setSpan(ROOT_CONTEXT, event);
    const inBatchMs = Math.max(record.arrivedMs, run.openedMs);
    if (record.arrivedMs < run.openedMs) this.#part('wait', record.arrivedMs, run.openedMs, within);
    this.#part('batch', inBatchMs, run.begunMs, within);
    if (record.score !== undefined) this.#part('score', run.begunMs, run.endedMs, within, batch);
    const send = this.#tracer.startSpan('send', { kind: SpanKind.PRODUCER, startTime: run.endedMs }, within);
    return new OtlpEventTrace(event, send);
  }

  #part(name: string, startMs: number, endMs: number, within: Context, link?: Span): void {
    const links = link === undefined ? [] : [{ context: link.spanContext() }];
    this.#tracer.startSpan(name, { startTime: startMs, links }, within).end(endMs);
  }
}

class OtlpEventTrace implements EventTrace {
  readonly traceId: string;
  readonly traceparent: string;
  readonly #event: Span;
  readonly #send: Span;

  constructor(event: Span, send: Span) {
    this.#event = event;
    this.#send = send;
    this.traceId = event.spanContext().traceId;
    const carrier: Record<string, string> = {};
    propagator.inject(trace.setSpan(ROOT_CONTEXT, send), carrier, defaultTextMapSetter);
    this.traceparent = carrier.traceparent!;
  }

  end(outcome: TracedOutcome, atMs: number): void {
    this.#event.setAttribute(names.OUTCOME, outcome.kind);
    if (outcome.kind !== 'given-up') {
      this.#send.updateName(`send ${outcome.topic}`).setAttributes({
        [names.SYSTEM]: 'kafka',
        [names.OPERATION]: 'send',
        [names.OPERATION_TYPE]: 'send',
        [names.DESTINATION]: outcome.topic,
        ...(outcome.kind === 'scored' && { [names.PARTITION]: String(outcome.partition) }),
      });
    }
    if (outcome.kind === 'dead-lettered') {
      // The code alone: its words may quote a value of the event.
      this.#event.setAttribute(names.ERROR, outcome.code);
      this.#event.setStatus({ code: SpanStatusCode.ERROR, message: outcome.code });
    }
    this.#send.end(atMs);
    this.#event.end(atMs);
  }
}

function scoreAttributes({ outputs, decision }: Score): Attributes {
  const attributes: Attributes = {};
  for (const [name, value] of outputs) attributes[names.OUTPUT_PREFIX + name] = value;
  if (decision !== undefined) attributes[names.DECISION] = decision;
  return attributes;
}

function newExporter({ url, headers, tls }: OtlpOptions): OTLPTraceExporter {
  return new OTLPTraceExporter({
    url,
    headers: { ...headers },
    timeoutMillis: EXPORT_TIMEOUT_MS,
    concurrencyLimit: MAX_EXPORTS,
    keepAlive: true,
    ...(tls !== undefined && {
      httpAgentOptions: {
        ...(tls.ca !== undefined && { ca: tls.ca }),
        ...(tls.cert !== undefined && { cert: tls.cert }),
        ...(tls.key !== undefined && { key: tls.key }),
        ...(tls.serverName !== undefined && { servername: tls.serverName }),
        rejectUnauthorized: tls.rejectUnauthorized,
      },
    }),
  });
}
