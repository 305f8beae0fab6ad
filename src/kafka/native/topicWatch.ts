import { TidemarkError } from '../../errors.ts';
import { Backoff, type Random } from './cluster/backoff.ts';
import type { Cluster } from './cluster/cluster.ts';

export interface TopicWatchEvents {
  missing(cause: TidemarkError): void;
  there(): void;
  /** Asking for the topic failed with this. */
  failed(thrown: unknown): void;
}

/**
 * Sees to it that a missing topic is told, and noticed soon after it was made: metadata is asked for often then, and whoever leads
 * the group hears of the change from the same cluster. A group has no fault when its topic is missing: it just shares out nothing.
 */
export class TopicWatch {
  readonly #cluster: Pick<Cluster, 'refresh' | 'topic' | 'onChange'>;
  readonly #topic: string;
  readonly #events: TopicWatchEvents;
  readonly #random: Random;
  #stopListening: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #isAsking = false;
  #isOver = false;

  constructor(
    cluster: Pick<Cluster, 'refresh' | 'topic' | 'onChange'>,
    topic: string,
    events: TopicWatchEvents,
    random: Random = Math.random,
  ) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#events = events;
    this.#random = random;
  }

  start(): void {
    this.#stopListening = this.#cluster.onChange((view, name) => {
      if (name === this.#topic && view === undefined) void this.#untilThere();
    });
    void this.#untilThere();
  }

  stop(): void {
    this.#isOver = true;
    this.#stopListening();
    clearTimeout(this.#timer);
  }

  async #untilThere(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const backoff = new Backoff({ firstMs: 200, maxMs: 2_000, random: this.#random });
    while (!this.#isOver && !(await this.#ask())) {
      await new Promise<void>((resolve) => {
        this.#timer = setTimeout(resolve, backoff.next());
      });
    }
    this.#isAsking = false;
  }

  async #ask(): Promise<boolean> {
    try {
      await this.#cluster.refresh([this.#topic]);
    } catch (thrown) {
      if (!this.#isOver) this.#events.failed(thrown);
      return false;
    }
    if (this.#isOver) return true;
    const isThere = this.#cluster.topic(this.#topic) !== undefined;
    if (isThere) this.#events.there();
    else
      this.#events.missing(new TidemarkError('E-KAFKA-TOPIC-MISSING', `topic ${this.#topic} does not exist`));
    return isThere;
  }
}
