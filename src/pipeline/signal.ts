/** Wakes whoever waits; a notification with nobody waiting is kept for the next wait, so that none is lost. */
export class Signal {
  #pending = false;
  #wake: (() => void) | undefined;

  notify(): void {
    if (this.#wake === undefined) {
      this.#pending = true;
      return;
    }
    const wake = this.#wake;
    this.#wake = undefined;
    wake();
  }

  /** One waiter at a time. */
  wait(): Promise<void> {
    if (this.#pending) {
      this.#pending = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
