import { setTimeout as delay, setImmediate as giveWay } from 'node:timers/promises';
import { Pace } from './pace.ts';
import type { Publisher } from './publisher.ts';
import type { Label, WorldEvent, WorldStream } from './worlds/world.ts';

/** How long events wait for others to be sent with. */
const TICK_MS = 4;
const MOST_IN_A_TICK = 1_000;
/** Beyond these the emitter waits: what brokers do not take must not pile up here. */
const MOST_SENDS_AT_ONCE = 8;
/** Not even a slow pace may keep it from seeing that it is to stop. */
const MOST_ASLEEP_MS = 200;

export interface Emitting {
  readonly stream: WorldStream;
  readonly labelDelayMs: number;
  readonly publisher: Pick<Publisher, 'append' | 'flush'>;
  readonly topics: { readonly events: string; readonly labels: string };
  readonly encodeEvent: (value: object) => Buffer;
  readonly encodeLabel: (value: object) => Buffer;
  /** Events a second; Infinity for as many as can be. */
  readonly rate: number;
  /** Ends after so many events, and before the first one at this simulated time, epoch milliseconds. */
  readonly most: { readonly events: number; readonly simulatedMs: number };
  /** Ends it as if it were complete. */
  readonly enough: AbortSignal;
  /** Ends it by throwing the signal's reason. */
  readonly signal: AbortSignal;
}

/** Emits the events of a world now, at an even pace, and their labels when the simulated days have passed. */
export class Emitter {
  readonly #options: Emitting;
  #emitted = 0;
  #simulatedMs: number;
  #beganMs = Number.NaN;
  #endedMs = Number.NaN;
  #forgivenMs = 0;
  /** Labels that are not known yet, oldest first from `#nextLabel` on; `labelDelayMs` bounds them. */
  #waiting: { readonly knownMs: number; readonly label: Label }[] = [];
  #nextLabel = 0;
  readonly #sends = new Set<Promise<void>>();
  #failure: { readonly cause: unknown } | undefined;

  constructor(options: Emitting) {
    this.#options = options;
    this.#simulatedMs = options.stream.span.fromMs;
  }

  get emitted(): number {
    return this.#emitted;
  }

  /** How far the simulated world is, epoch milliseconds. */
  get simulatedMs(): number {
    return this.#simulatedMs;
  }

  /** Events a second from the first to the last, or to now. */
  get meanRate(): number {
    const untilMs = Number.isNaN(this.#endedMs) ? performance.now() : this.#endedMs;
    return (1000 * this.#emitted) / (untilMs - this.#beganMs);
  }

  /** How long the emission stood still because brokers or this machine did, ms. */
  get stalledMs(): number {
    return this.#forgivenMs;
  }

  /** Resolves when the last event is acknowledged. */
  async run(): Promise<void> {
    const { rate, stream, enough, signal } = this.#options;
    for (const label of stream.known) this.#publishLabel(label);
    this.#send();
    this.#beganMs = performance.now();
    const pace = new Pace(rate, this.#beganMs);
    for (let more = true; more && !enough.aborted; ) {
      signal.throwIfAborted();
      if (this.#failure !== undefined) throw this.#failure.cause;
      const room = Math.min(MOST_IN_A_TICK, this.#options.most.events - this.#emitted);
      more = this.#emit(pace.take(performance.now(), room)) && this.#emitted < this.#options.most.events;
      this.#forgivenMs = pace.forgivenMs;
      this.#send();
      if (this.#sends.size >= MOST_SENDS_AT_ONCE) await Promise.race(this.#sends);
      if (rate === Number.POSITIVE_INFINITY) await giveWay();
      else await delay(Math.min(MOST_ASLEEP_MS, Math.max(TICK_MS, pace.untilNext(performance.now()))));
    }
    await this.#settled();
    this.#endedMs = performance.now();
  }

  /** The days go by in which nothing happens but that the remaining labels become known. */
  async publishRemainingLabels(): Promise<void> {
    this.#publishLabelsUntil(Number.POSITIVE_INFINITY);
    await this.#settled();
  }

  /** @returns whether the world has more of what is wanted. */
  #emit(count: number): boolean {
    const { stream, most, publisher, topics, encodeEvent, labelDelayMs } = this.#options;
    for (let i = 0; i < count; i++) {
      const event: WorldEvent = stream.events.next().value;
      if (event.simulatedMs >= most.simulatedMs) return false;
      const nowMs = Date.now();
      publisher.append(topics.events, event.key, encodeEvent(event.value(nowMs)), nowMs);
      this.#waiting.push({ knownMs: event.simulatedMs + labelDelayMs, label: event.label });
      this.#simulatedMs = event.simulatedMs;
      this.#emitted++;
    }
    this.#publishLabelsUntil(this.#simulatedMs);
    return true;
  }

  #publishLabelsUntil(simulatedMs: number): void {
    while (this.#nextLabel < this.#waiting.length) {
      const { knownMs, label } = this.#waiting[this.#nextLabel]!;
      if (knownMs > simulatedMs) break;
      this.#publishLabel(label);
      this.#nextLabel++;
    }
    if (2 * this.#nextLabel > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#nextLabel);
      this.#nextLabel = 0;
    }
  }

  #publishLabel({ id, value }: Label): void {
    const { publisher, topics, encodeLabel } = this.#options;
    publisher.append(topics.labels, id, encodeLabel(value), Date.now());
  }

  #send(): void {
    const send = this.#options.publisher.flush().then(
      () => {},
      (cause: unknown) => {
        this.#failure ??= { cause };
      },
    );
    this.#sends.add(send);
    void send.then(() => this.#sends.delete(send));
  }

  async #settled(): Promise<void> {
    this.#send();
    await Promise.all(this.#sends);
    this.#options.signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure.cause;
  }
}
