import type { Clock, Timer } from '../../src/pipeline/ports.ts';
import { SeededRandom } from './simulationRandom.ts';

/** The wall clock and the monotonic one must not be mixed up: they are far apart here. */
const EPOCH_MS = 1_700_000_000_000;

interface Task {
  readonly atMs: number;
  /** Among tasks due at the same time, the lowest goes first. */
  readonly order: number;
  readonly fire: () => void;
}

/** A clock of one process: when the process dies, its timers die with it. */
export interface ProcessClock extends Clock {
  kill(): void;
}

/** Virtual time: nothing waits, every timer fires in an order that the seed decides. */
export class SimulatedClock implements Clock {
  readonly #random: SeededRandom;
  #tasks: Task[] = [];
  #nowMs = 0;

  constructor(random = new SeededRandom(1)) {
    this.#random = random;
  }

  now(): number {
    return EPOCH_MS + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  timer(ms: number, fire: () => void): Timer {
    const task: Task = { atMs: this.#nowMs + ms, order: this.#random.next(), fire };
    this.#tasks.push(task);
    return { cancel: () => this.#forget(task) };
  }

  giveWay(): Promise<void> {
    return this.wait(0);
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.timer(ms, resolve));
  }

  process(): ProcessClock {
    const timers = new Set<Timer>();
    let alive = true;
    const timer = (ms: number, fire: () => void): Timer => {
      if (!alive) return { cancel: () => {} };
      const made: Timer = this.timer(ms, () => {
        timers.delete(made);
        fire();
      });
      timers.add(made);
      return made;
    };
    return {
      now: () => this.now(),
      monotonicMs: () => this.#nowMs,
      timer,
      giveWay: () => new Promise((resolve) => timer(0, resolve)),
      kill: () => {
        alive = false;
        for (const made of timers) made.cancel();
      },
    };
  }

  /**
   * Fires timers in their order until `finished`. Throws when nothing is left that could ever finish it, or when it takes
   * longer than `limitMs` of virtual time: something hangs.
   */
  async runUntil(finished: () => boolean, limitMs: number, what: string): Promise<void> {
    const untilMs = this.#nowMs + limitMs;
    await settled();
    while (!finished()) {
      const task = this.#earliest();
      if (task === undefined) throw new Error(`deadlock: no timer is left, and not yet: ${what}`);
      if (task.atMs > untilMs) throw new Error(`hang: not within ${limitMs} ms of virtual time: ${what}`);
      await this.#fire(task);
    }
  }

  /** Lets virtual time pass: everything due until then, and what comes of it, has happened afterwards. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settled();
    for (;;) {
      const task = this.#earliest();
      if (task === undefined || task.atMs > untilMs) break;
      await this.#fire(task);
    }
    this.#nowMs = untilMs;
  }

  async #fire(task: Task): Promise<void> {
    this.#forget(task);
    this.#nowMs = Math.max(this.#nowMs, task.atMs);
    task.fire();
    await settled();
  }

  #earliest(): Task | undefined {
    let earliest: Task | undefined;
    for (const task of this.#tasks) {
      if (
        earliest === undefined ||
        task.atMs < earliest.atMs ||
        (task.atMs === earliest.atMs && task.order < earliest.order)
      )
        earliest = task;
    }
    return earliest;
  }

  #forget(task: Task): void {
    this.#tasks = this.#tasks.filter((other) => other !== task);
  }
}

/** Every promise that can be settled is: microtasks run before the next immediate. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
