/** Shut for a time; shutting it again makes that longer, never shorter. Leaves no timer behind once it is open. */
export class Gate {
  #openAtMs = 0;
  #untilOpen: PromiseWithResolvers<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Resolves when it opens; undefined when it is open. */
  get untilOpen(): Promise<void> | undefined {
    return this.#untilOpen?.promise;
  }

  shutFor(ms: number): void {
    if (ms <= 0) return;
    this.#openAtMs = Math.max(this.#openAtMs, performance.now() + ms);
    if (this.#untilOpen !== undefined) return;
    this.#untilOpen = Promise.withResolvers<void>();
    this.#wait();
  }

  open(): void {
    clearTimeout(this.#timer);
    const shut = this.#untilOpen;
    this.#untilOpen = undefined;
    shut?.resolve();
  }

  #wait(): void {
    const leftMs = this.#openAtMs - performance.now();
    if (leftMs <= 0) this.open();
    else this.#timer = setTimeout(() => this.#wait(), leftMs);
  }
}
