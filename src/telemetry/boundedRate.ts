export interface Suppressed {
  readonly key: string;
  readonly count: number;
}

interface Window {
  startMs: number;
  allowed: number;
  suppressed: number;
}

/** Lets through at most `limit` per key in `windowMs` and counts the rest. Keys must come from a bounded set. */
export class BoundedRate {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #windows = new Map<string, Window>();

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** Whether one more of `key` may pass at `nowMs`, which never runs backwards. */
  allows(key: string, nowMs: number): boolean {
    let window = this.#windows.get(key);
    if (window === undefined) {
      window = { startMs: nowMs, allowed: 0, suppressed: 0 };
      this.#windows.set(key, window);
    }
    if (nowMs - window.startMs >= this.#windowMs && window.suppressed === 0) {
      window.startMs = nowMs;
      window.allowed = 0;
    }
    if (window.allowed < this.#limit) {
      window.allowed++;
      return true;
    }
    window.suppressed++;
    return false;
  }

  /** What was held back in windows that are over (all windows with `all`), told once. */
  takeSuppressed(nowMs: number, all = false): Suppressed[] {
    const taken: Suppressed[] = [];
    for (const [key, window] of this.#windows) {
      if (window.suppressed === 0 || !(all || nowMs - window.startMs >= this.#windowMs)) continue;
      taken.push({ key, count: window.suppressed });
      window.suppressed = 0;
      window.allowed = 0;
      window.startMs = nowMs;
    }
    return taken;
  }
}
