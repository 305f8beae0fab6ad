import type { LatencySheet } from './latencySheet.ts';
import type { Metrics } from './metrics.ts';

/**
 * Counts a batch's latencies and what they are made of. Only the whole and the waiting in Kafka differ from event to event; the
 * rest is one number per segment or batch, counted once with its weight.
 */
export function countLatencies(
  { eventLatency, arrivalLatency, latencyParts }: Metrics,
  { eventMs, timed, timedEnd, scored, arrivalMs, scoreMs, produceMs }: LatencySheet,
): void {
  eventLatency.observe(eventMs, timed);
  let from = 0;
  let all = 0;
  for (let segment = 0; segment < timedEnd.length; segment++) {
    const events = scored[segment]!;
    const inProcessMs = arrivalMs[segment]!;
    arrivalLatency.observeSame(inProcessMs, events);
    latencyParts.kafka.observeLess(eventMs, from, timedEnd[segment]!, inProcessMs);
    latencyParts.batch.observeSame(inProcessMs - scoreMs - produceMs, events);
    from = timedEnd[segment]!;
    all += events;
  }
  latencyParts.score.observeSame(scoreMs, all);
  latencyParts.produce.observeSame(produceMs, all);
}
