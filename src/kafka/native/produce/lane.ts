import { TidemarkError } from '../../../errors.ts';
import type { Outage, Wait } from '../../outage.ts';
import { Backoff } from '../cluster/backoff.ts';
import type { TopicView } from '../cluster/topicView.ts';
import type { OutgoingBatch } from './outgoing.ts';
import type { StopReason } from './sequenced.ts';
import { Sequencer } from './sequencer.ts';

const FIRST_BACKOFF_MS = 20;
const MAX_BACKOFF_MS = 1_000;
/** Bytes that arrive changed so often in a row are changed by us. */
const MAX_CORRUPTIONS = 5;

/** One partition that is written to: its batches, where they are under way, and whether it waits. */
export class Lane {
  readonly topic: string;
  readonly partition: number;
  readonly sequencer = new Sequencer<OutgoingBatch>();
  /** The broker that has what is in flight. */
  nodeId = -1;
  /** Of the topic that what was acknowledged is in. */
  topicId: string | undefined;
  /** Whether it has been given its first identity, or waits for it. */
  named = false;
  /** Set once nothing is sent any more. */
  stopped: TidemarkError | undefined;
  /** Why it waits. */
  cause: TidemarkError | undefined;
  readonly #outage: Outage;
  readonly #backoff = new Backoff({ firstMs: FIRST_BACKOFF_MS, maxMs: MAX_BACKOFF_MS });
  #wait: Wait | undefined;
  #timer: NodeJS.Timeout | undefined;
  #corruptions = 0;

  constructor(topic: string, partition: number, outage: Outage) {
    this.topic = topic;
    this.partition = partition;
    this.#outage = outage;
  }

  get delayed(): boolean {
    return this.#timer !== undefined;
  }

  /** An attempt failed. It is told when it lasts. */
  failed(cause: TidemarkError): void {
    this.cause = cause;
    this.#wait ??= this.#outage.wait();
    this.#wait.failed(cause);
  }

  /** Calls `again` after a growing while, unless it is called earlier by `wake`. */
  delay(again: () => void): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      again();
    }, this.#backoff.next());
  }

  /** What it waited for may have come. */
  wake(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  recovered(): void {
    this.#corruptions = 0;
    if (this.#wait === undefined) return;
    this.#wait.over();
    this.#wait = undefined;
    this.cause = undefined;
    this.#backoff.reset();
  }

  /** A batch arrived changed. @returns why it has to be sent again, or may not be. */
  corrupted(cause: TidemarkError): TidemarkError {
    if (++this.#corruptions < MAX_CORRUPTIONS) return cause;
    return new TidemarkError('E-KAFKA-REFUSED', `${cause.message}, ${MAX_CORRUPTIONS} times in a row`, {
      cause,
    });
  }

  /** Nothing is in flight of the topic that had this name before, if it is another one now. */
  writesTo({ id }: TopicView): void {
    if (this.topicId !== undefined && this.topicId !== id) this.sequencer.logReplaced();
    this.topicId = id;
  }

  /** Ends the calls whose batches are here, and takes no more. */
  stop(cause: TidemarkError): void {
    this.wake();
    this.stopped ??= cause;
    this.#wait?.over();
    this.#wait = undefined;
    for (const { delivery } of this.sequencer.queue) delivery.fail(this.stopped);
  }
}

export function stopCause({ topic, partition }: Lane, reason: StopReason): TidemarkError {
  const doing = `writing to ${topic}/${partition}`;
  switch (reason) {
    case 'acknowledged-lost':
      return new TidemarkError(
        'E-KAFKA-SEQUENCE',
        `${doing}: the log does not continue where it was acknowledged; the broker lost records it had`,
      );
    case 'outcome-lost':
      return new TidemarkError(
        'E-KAFKA-SEQUENCE',
        `${doing}: nobody can tell any more whether the last records were written`,
      );
    case 'disowned':
      return new TidemarkError('E-KAFKA-REFUSED', `${doing}: the broker refuses every producer id it gave`);
    default:
      return reason satisfies never;
  }
}
