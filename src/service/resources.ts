import { giveUpAfter } from '../deadlines/giveUpAfter.ts';

/** What a pipeline has opened: closed last first. What is opened once the closing has begun is closed at once. */
export class Resources {
  readonly #opened = new AsyncDisposableStack();

  /** @throws Error when the closing has begun, so that whoever opens things one after the other stops there */
  defer(close: () => void | Promise<void>): void {
    if (!this.#opened.disposed) {
      this.#opened.defer(close);
      return;
    }
    void Promise.resolve()
      .then(close)
      .catch(() => {});
    throw new Error('stopped while it was starting');
  }

  /** Resolves when all is closed, or after `withinMs`: what fails to close in time is left alone. */
  async close(withinMs: number): Promise<void> {
    await giveUpAfter(withinMs, this.#opened.disposeAsync());
  }
}
