import { Emitter } from '../demo/emitter.ts';
import { Publisher } from '../demo/publisher.ts';
import { register } from '../demo/register.ts';
import { cardFraud } from '../demo/worlds/cardFraud.ts';
import type { WorldEvent, WorldStream } from '../demo/worlds/world.ts';
import { framedEncoder } from '../simulator/avro.ts';

export interface EmissionOptions {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly topics: { readonly events: string; readonly labels: string };
  readonly stream: WorldStream;
  readonly signal: AbortSignal;
}

/** How events come; the same world goes on when that is changed. */
export interface Flow {
  /** A second. */
  readonly rate: number;
  /** Whose an event is, in place of its own customer. */
  readonly customerOf?: (event: WorldEvent) => string;
  /** The id of the schema that they are written with, in place of the one that is registered first. */
  readonly schema?: { readonly text: string; readonly id: number };
}

/** A steady flow of events, as producers elsewhere would write them. */
export class Emission {
  readonly #options: EmissionOptions;
  readonly #publisher: Publisher;
  #flow: { readonly enough: AbortController; readonly ended: Promise<void> } | undefined;
  #fault: unknown;

  constructor(options: EmissionOptions) {
    this.#options = options;
    this.#publisher = new Publisher(options.brokers);
  }

  async open(): Promise<void> {
    const { events, labels } = this.#options.topics;
    await this.#publisher.start([events, labels]);
  }

  /** Where events of this customer go. */
  partitionOf(customer: string): number {
    return this.#publisher.partitionOf(this.#options.topics.events, customer);
  }

  /** Registers a schema of the events, or finds it registered. @returns its id */
  async register(schema: string): Promise<number> {
    return register(`${this.#options.topics.events}-value`, schema, this.#options.registryUrl);
  }

  /** Lets the registry refuse schemas that readers could not read, as it should where a pipeline reads. */
  async guardSchemas(): Promise<void> {
    const { topics, registryUrl } = this.#options;
    const response = await fetch(`${registryUrl}/config/${topics.events}-value`, {
      method: 'PUT',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ compatibility: 'FULL' }),
    });
    if (!response.ok) throw new Error(`The registry sets no compatibility: ${await response.text()}`);
  }

  /** From now on events come like this. */
  async change({ rate, customerOf, schema }: Flow): Promise<void> {
    await this.stop();
    const { stream, topics, signal } = this.#options;
    const { text, id } = schema ?? {
      text: cardFraud.eventSchema,
      id: await this.register(cardFraud.eventSchema),
    };
    const enough = new AbortController();
    const emitter = new Emitter({
      stream: {
        known: [],
        span: stream.span,
        events: customerOf ? moved(stream.events, customerOf) : stream.events,
      },
      labelDelayMs: cardFraud.labelDelayMs,
      publisher: this.#publisher,
      topics,
      encodeEvent: framedEncoder(text, id),
      // Nobody reads labels here.
      encodeLabel: () => Buffer.alloc(0),
      rate,
      most: { events: Number.POSITIVE_INFINITY, simulatedMs: Number.POSITIVE_INFINITY },
      enough: enough.signal,
      signal,
    });
    const ended = emitter.run().catch((cause) => {
      this.#fault = cause;
    });
    this.#flow = { enough, ended };
  }

  /** Throws what ended the flow before its time. */
  check(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }

  async stop(): Promise<void> {
    this.#flow?.enough.abort();
    await this.#flow?.ended;
    this.#flow = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.#publisher.stop();
  }
}

function* moved(
  events: Iterator<WorldEvent, never>,
  customerOf: (event: WorldEvent) => string,
): Generator<WorldEvent, never> {
  for (;;) {
    const event = events.next().value;
    const customer = customerOf(event);
    yield { ...event, key: customer, value: (timeMs) => ({ ...event.value(timeMs), customer_id: customer }) };
  }
}
