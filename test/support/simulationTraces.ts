import type { Tracing } from '../../src/pipeline/traces.ts';
import type {
  EventTrace,
  EventTracer,
  TracedOutcome,
  TracedRecord,
  TracedRun,
} from '../../src/telemetry/tracing/eventTracer.ts';
import { DEAD, type SimulatedBroker } from './simulationBroker.ts';
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

/** Each ended once, with what became of its record. @returns how they ended. */
export function judgeTraces({ traces }: SimulatedTracer, broker: SimulatedBroker): Set<string> {
  const kinds = new Set<string>();
  const written = new Set(
    broker.written.map(({ topic, partition, headers }) => {
      const how = topic === DEAD ? headers.get('error-code') : `${partition} ${headers.get('traceparent')}`;
      return `${topic} ${headers.get('source')} ${how}`;
    }),
  );
  for (const { place, traceparent, ends } of traces) {
    if (ends.length !== 1) broker.violated(`the trace of ${place} ended ${ends.length} times`);
    for (const { outcome } of ends) {
      kinds.add(outcome.kind);
      if (outcome.kind === 'given-up') continue;
      const how = outcome.kind === 'scored' ? `${outcome.partition} ${traceparent}` : outcome.code;
      const told = `${outcome.topic} ${place} ${how}`;
      if (!written.has(told)) broker.violated(`a trace tells of what was not written: ${told}`);
    }
  }
  return kinds;
}
