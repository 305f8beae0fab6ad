import { asTidemarkError, type TidemarkError } from '../../errors.ts';
import type { GroupLook } from '../../kafka/inspect/groupLook.ts';
import type { Clock } from '../../pipeline/ports.ts';
import type { GroupObserver } from './observer.ts';

export interface WatchOptions {
  readonly clock: Clock;
  /** Numbers of [0, 1). */
  readonly random: () => number;
  readonly everyMs: number;
  readonly looked: (look: GroupLook) => void;
  readonly failed: (cause: TidemarkError) => void;
}

/** The second look comes soon, as rates come of two. */
const SECOND_AFTER_MS = 2_000;
/** How much longer the distance between looks becomes while they fail. */
const MOST_TIMES = 6;
/** Replicas that started together do not go on to ask together. */
const JITTER = 0.2;

/** Looks at the group for as long as the process runs. Whatever goes wrong with a look, the next one comes. */
export class GroupWatch {
  readonly #observer: GroupObserver;
  readonly #options: WatchOptions;
  #timer: { cancel(): void } | undefined;
  #failures = 0;
  #looks = 0;
  #stopped = false;

  constructor(observer: GroupObserver, options: WatchOptions) {
    this.#observer = observer;
    this.#options = options;
  }

  start(): void {
    void this.#turn();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#observer.close();
  }

  async #turn(): Promise<void> {
    const { clock, looked, failed } = this.#options;
    try {
      const look = await this.#observer.look();
      if (this.#stopped) return;
      this.#failures = 0;
      this.#looks++;
      looked(look);
      void this.#observer.readHotKeys();
    } catch (thrown) {
      if (this.#stopped) return;
      this.#failures++;
      failed(asTidemarkError(thrown));
    }
    this.#timer = clock.timer(this.#nextMs(), () => void this.#turn());
  }

  #nextMs(): number {
    const { random, everyMs } = this.#options;
    if (this.#failures === 0 && this.#looks === 1) return SECOND_AFTER_MS;
    const times = Math.min(MOST_TIMES, 2 ** this.#failures);
    return everyMs * times * (1 - JITTER + 2 * JITTER * random());
  }
}
