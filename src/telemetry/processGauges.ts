import { STATES } from './catalogue/service.ts';
import type { LifeState, StartFacts } from './events.ts';
import type { Metrics } from './metrics.ts';

/** Shows the state of the process and what it holds; what changes too often to be told each time, when somebody looks. */
export class ProcessGauges {
  readonly #metrics: Metrics;
  #inFlightBytes = 0;
  #inFlightEvents = 0;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.state('starting');
  }

  state(current: (typeof STATES)[number]): void {
    for (const state of STATES satisfies readonly LifeState['kind'][])
      this.#metrics.state.set({ state }, state === current ? 1 : 0);
  }

  started({ client, delivery, group, topic, maxInFlightBytes }: StartFacts): void {
    this.#metrics.pipelineInfo.set({ client, delivery, group, topic }, 1);
    this.#metrics.inFlightBytesLimit.set(maxInFlightBytes);
  }

  inFlight(bytes: number, events: number): void {
    this.#inFlightBytes = bytes;
    this.#inFlightEvents = events;
  }

  /** Brings up to date what is only worked out when somebody looks. */
  show(): void {
    const { inFlightBytes, inFlightEvents, sloBreaches, eventLatency, sloP99Ms } = this.#metrics;
    inFlightBytes.set(this.#inFlightBytes);
    inFlightEvents.set(this.#inFlightEvents);
    if (sloBreaches === undefined || sloP99Ms === undefined) return;
    sloBreaches.reset();
    sloBreaches.inc(eventLatency.above(sloP99Ms));
  }
}
