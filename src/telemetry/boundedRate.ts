export interface Suppressed {
  readonly key: string;
  readonly count: number;
}

interface Window {
  startMs: number;
  allowed: number;
  /** Held back since `startMs`. */
  suppressed: number;
  /** Held back in windows before, and not told yet. */
  untold: number;
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
      window = { startMs: nowMs, allowed: 0, suppressed: 0, untold: 0 };
      this.#windows.set(key, window);
    }
    if (nowMs - window.startMs >= this.#windowMs) open(window, nowMs);
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
      if (all || nowMs - window.startMs >= this.#windowMs) {
        window.untold += window.suppressed;
        window.suppressed = 0;
      }
      if (window.untold === 0) continue;
      taken.push({ key, count: window.untold });
      window.untold = 0;
    }
    return taken;
  }
}

/** What the last window held back is kept until somebody takes it; nobody has to. */
function open(window: Window, nowMs: number): void {
  window.untold += window.suppressed;
  window.suppressed = 0;
  window.allowed = 0;
  window.startMs = nowMs;
}
