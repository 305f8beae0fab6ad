import { constants } from 'node:os';
import { DemoError } from './demoError.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes on the signal that the terminal has sent to both: what comes at once is the same. */
const SAME_WITHIN_MS = 500;
const INTERRUPTED = 'Interrupted; nothing that the demo started is left running.';

/**
 * What signals mean: with `finishFirst` the first Ctrl-C finishes in good order, and the next one stops; else the first one
 * stops. Further ones change nothing, so that the cleaning up is not cut short.
 */
export class Interrupts {
  readonly #enough = new AbortController();
  readonly #stop = new AbortController();
  readonly #finishFirst: boolean;
  #heardMs = Number.NEGATIVE_INFINITY;
  exitStatus = 1;

  constructor({ finishFirst }: { readonly finishFirst: boolean }) {
    this.#finishFirst = finishFirst;
    for (const name of SIGNALS) process.on(name, () => this.#hear(name));
    // As with `| head`: whoever reads has seen enough.
    process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
      this.#stop.abort(new DemoError(`Nobody reads the output any more (${cause.code}).`, { cause }));
    });
  }

  /** No more events, but what was begun is finished. */
  get enough(): AbortSignal {
    return this.#enough.signal;
  }

  /** Whichever comes first: before there is an event, there is nothing to finish. */
  get either(): AbortSignal {
    return AbortSignal.any([this.enough, this.signal]);
  }

  /** Everything ends. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  #hear(name: (typeof SIGNALS)[number]): void {
    const nowMs = performance.now();
    if (nowMs - this.#heardMs < SAME_WITHIN_MS) return;
    this.#heardMs = nowMs;
    this.exitStatus = 128 + constants.signals[name];
    if (name === 'SIGINT' && this.#finishFirst && !this.#enough.signal.aborted) {
      this.#enough.abort(new DemoError(INTERRUPTED));
      return;
    }
    this.#stop.abort(new DemoError(INTERRUPTED));
  }
}
