/** A collector of traces: takes OTLP over HTTP as protobuf, decoded by the published layout and not by the library that wrote it. */
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import protobuf from 'protobufjs';

/** Of opentelemetry-proto 1.x what is looked at here: opentelemetry/proto/{collector/trace,trace,common,resource}/v1. */
const LAYOUT = `
syntax = "proto3";
message Request { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
message Scope { string name = 1; string version = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5;
  int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
  repeated KeyValue attributes = 9; repeated Link links = 13; Status status = 15;
}
message Link { bytes trace_id = 1; bytes span_id = 2; }
message Status { string message = 2; int32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`;
const Request = protobuf.parse(LAYOUT, { keepCase: false }).root.lookupType('Request');

export const CONSUMER = 5;
export const PRODUCER = 4;
export const ERROR = 2;

type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty when it has none. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: number;
  /** Epoch milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code: number; readonly message: string };
  readonly resource: Attributes;
}

export interface Collector {
  readonly url: string;
  readonly spans: CollectedSpan[];
  readonly requests: {
    readonly path: string;
    readonly headers: IncomingHttpHeaders;
    readonly body: Buffer;
  }[];
  /** What it answers. Default: 200. */
  status: number;
}

type Wire = { [key: string]: unknown };

/** @param tls with it, over https */
export async function startCollector(t: TestContext, tls?: ServerOptions): Promise<Collector> {
  const collector: Collector & { url: string } = { url: '', spans: [], requests: [], status: 200 };
  const answer: RequestListener = async (request, response) => {
    const body = await buffer(request);
    collector.requests.push({ path: request.url!, headers: request.headers, body });
    if (collector.status === 200) collector.spans.push(...spansOf(body));
    response.writeHead(collector.status, { 'content-type': 'application/x-protobuf' }).end();
  };
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const scheme = tls === undefined ? 'http://127.0.0.1' : 'https://localhost';
  collector.url = `${scheme}:${(server.address() as AddressInfo).port}`;
  return collector;
}

function spansOf(body: Buffer): CollectedSpan[] {
  const message = Request.toObject(Request.decode(body), { longs: String, arrays: true, defaults: true });
  return (message.resourceSpans as Wire[]).flatMap(({ resource, scopeSpans }) =>
    (scopeSpans as Wire[]).flatMap(({ spans }) =>
      (spans as Wire[]).map((span) => spanOf(span, attributesOf((resource as Wire).attributes))),
    ),
  );
}

function spanOf(span: Wire, resource: Attributes): CollectedSpan {
  const status = (span.status ?? {}) as Wire;
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId),
    traceState: String(span.traceState),
    name: String(span.name),
    kind: Number(span.kind),
    startMs: millisecondsOf(span.startTimeUnixNano),
    endMs: millisecondsOf(span.endTimeUnixNano),
    attributes: attributesOf(span.attributes),
    links: (span.links as Wire[]).map((link) => ({ traceId: hex(link.traceId), spanId: hex(link.spanId) })),
    status: { code: Number(status.code ?? 0), message: String(status.message ?? '') },
    resource,
  };
}

function attributesOf(list: unknown): Attributes {
  return Object.fromEntries(
    (list as { key: string; value: Wire }[]).map(({ key, value }) => {
      const { stringValue, boolValue, intValue, doubleValue } = value;
      return [key, intValue === undefined ? (stringValue ?? boolValue ?? doubleValue) : Number(intValue)];
    }),
  ) as Attributes;
}

function hex(bytes: unknown): string {
  return Buffer.from(bytes as Uint8Array).toString('hex');
}

/** To the microsecond: nanoseconds since 1970 are more than a number holds. */
function millisecondsOf(nanoseconds: unknown): number {
  return Math.round(Number(nanoseconds) / 1e3) / 1e3;
}
