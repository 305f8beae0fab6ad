import type { Tracing } from '../../src/pipeline/traces.ts';
import type {
  EventTrace,
  EventTracer,
  TracedOutcome,
  TracedRecord,
  TracedRun,
} from '../../src/telemetry/tracing/eventTracer.ts';
import type { SeededRandom } from './simulationRandom.ts';

const placeOf = ({ topic, partition, offset }: TracedRecord) => `${topic}/${partition}@${offset}`;

/** The header that names the span of a record from `topic/partition@offset`. */
export const spanOf = (place: string) => `span of ${place}`;

export class SimulatedTrace implements EventTrace {
  readonly record: TracedRecord;
  readonly place: string;
  readonly traceId: string;
  readonly traceparent: string;
  readonly ends: { readonly outcome: TracedOutcome; readonly atMs: number }[] = [];

  constructor(record: TracedRecord) {
    this.record = record;
    this.place = placeOf(record);
    this.traceId = `trace of ${this.place}`;
    this.traceparent = spanOf(this.place);
  }

  end(outcome: TracedOutcome, atMs: number): void {
    this.ends.push({ outcome, atMs });
  }
}

/** Remembers what it was told. */
export class SimulatedTracer implements EventTracer {
  readonly runs: TracedRun[] = [];
  readonly traces: SimulatedTrace[] = [];

  begin(run: TracedRun, records: readonly TracedRecord[]): SimulatedTrace[] {
    this.runs.push(run);
    const begun = records.map((record) => new SimulatedTrace(record));
    this.traces.push(...begun);
    return begun;
  }

  close = () => Promise.resolve();
}

/** Traces some events of a world without headers. */
export function simulatedTracing(tracer: EventTracer, random: SeededRandom): Tracing {
  return {
    tracer,
    headers: { isSampled: () => false, contextOf: () => undefined },
    sample: random.pick([0, 0.1, 1]),
    maxPerSecond: random.pick([1, 50, 1000]),
    decisions: ['high', 'low'],
    random: () => random.next(),
  };
}
