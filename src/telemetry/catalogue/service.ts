import { counter, gauge, summary } from './declare.ts';

export const STATES = ['starting', 'running', 'paused', 'draining', 'stopped'] as const;
export const LOOP_QUANTILES = [0.5, 0.99, 1] as const;
export const DEPENDENCIES = ['source', 'sink', 'registry'] as const;
export const PAUSE_REASONS = [...DEPENDENCIES, 'command'] as const;

/** What runs, what state it is in and what it holds. */
export const service = {
  state: gauge('state', '1 for the state the process is in.', { state: STATES }),
  paused: gauge(
    'paused',
    '1 while work waits: for a dependency that is down (source, sink, registry) or by command.',
    { reason: PAUSE_REASONS },
  ),
  pausedSeconds: counter('paused_seconds_total', 'Time spent so, by reason; grows while it lasts.', {
    reason: PAUSE_REASONS,
  }),
  inFlightBytes: gauge('in_flight_bytes', 'Bytes held between fetch and acknowledgement.'),
  inFlightBytesLimit: gauge(
    'in_flight_bytes_limit',
    'batching.max_in_flight: with so many bytes held nothing more is asked for.',
  ),
  inFlightEvents: gauge('in_flight_events', 'Events held between fetch and acknowledgement.'),
  loopDelay: summary(
    'event_loop_delay_seconds',
    'How late the event loop was in the last ten seconds, which is how long heartbeats and sockets waited for it; quantile 1 is the most.',
    LOOP_QUANTILES.map(String),
    { onlyWith: 'a process of its own, as tidemark run is' },
  ),
  tracedEvents: counter(
    'traced_events_total',
    'Events traced, and those that were to be and were beyond `tracing.max_per_second` (over_limit).',
    { outcome: ['traced', 'over_limit'] },
  ),
  traceSpans: counter(
    'trace_spans_total',
    'Spans that the collector took (exported), and those dropped because it did not (lost).',
    { outcome: ['exported', 'lost'] },
  ),
  warnings: counter('warnings_total', 'Warnings, by code.', { code: 'a code of errors.md' }),
  schemasLoaded: counter('schemas_loaded_total', 'Writer schemas fetched and compiled.'),
  schemasUnusable: counter(
    'schemas_unusable_total',
    'Writer schemas whose events are all rejected, by code.',
    { code: 'a code of errors.md' },
  ),
  pipelineInfo: gauge('pipeline_info', 'Always 1; what runs.', {
    client: ['native', 'kafkajs'],
    delivery: ['at-least-once', 'exactly-once'],
    group: 'kafka.group',
    topic: 'input.topic',
  }),
  buildInfo: gauge('build_info', 'Always 1; the version of Tidemark and of Node.js.', {
    version: 'of Tidemark',
    node: 'of Node.js',
  }),
};
