import { counter, gauge, histogram } from './declare.ts';

/** What an event's time is spent on; together they are its latency. */
export const LATENCY_PARTS = ['kafka', 'batch', 'score', 'produce'] as const;

export const SKIP_REASONS = ['tombstone', 'record-type', 'command'] as const;
/** Why a batch takes no more rows. */
export const BATCH_CLOSED = ['full', 'due', 'drained', 'ending'] as const;

const withSlo = { onlyWith: 'slo in the pipeline’s file' };

/** What became of events, and how long it took. */
export const outcomes = {
  events: counter(
    'events_total',
    'Events with an outcome: scored, dead_lettered (both acknowledged) or skipped.',
    { outcome: ['scored', 'dead_lettered', 'skipped'] },
  ),
  skips: counter('skips_total', 'Events skipped, by reason.', {
    reason: SKIP_REASONS,
  }),
  rejections: counter('rejections_total', 'Events that could not be read, validated or scored, by code.', {
    code: 'a code of errors.md',
  }),
  batches: counter('batches_total', 'Batches scored, by why they closed.', {
    closed: BATCH_CLOSED,
  }),
  batchRows: histogram('batch_rows', 'Rows of each batch.'),
  deliveredBytes: counter('delivered_bytes_total', 'Bytes of the acknowledged records, as encoded.'),
  eventLatency: histogram(
    'event_latency_seconds',
    'From the event (or its record’s timestamp: slo.from) to the acknowledged score.',
  ),
  arrivalLatency: histogram(
    'arrival_latency_seconds',
    'From the event’s arrival in the pipeline to the acknowledged score.',
  ),
  latencyParts: histogram(
    'latency_part_seconds',
    'What the latency of each event is made of: kafka (until it arrived), batch (waiting to be scored), score, produce (encoding, sending, acknowledgement).',
    { part: LATENCY_PARTS },
  ),
  sloBreaches: counter('slo_breaches_total', 'Events that took longer than slo.p99.', {}, withSlo),
  sloP99: gauge('slo_p99_seconds', 'The objective, slo.p99.', {}, withSlo),
};
