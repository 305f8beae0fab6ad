import type { SeededRandom } from '../../../support/simulationRandom.ts';

export type Cancel = () => void;
export type After = (ms: number, fire: () => void) => Cancel;

interface Task {
  readonly atMs: number;
  /** What is due at the same moment comes in an order of chance. */
  readonly order: number;
  fire: (() => void) | undefined;
}

/** Virtual time: what is to happen, as a heap of tasks with the next one on top. */
export class Timeline {
  readonly #random: SeededRandom;
  readonly #tasks: Task[] = [];
  nowMs = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  readonly after: After = (ms, fire) => {
    const task: Task = { atMs: this.nowMs + ms, order: this.#random.next(), fire };
    this.#push(task);
    return () => {
      task.fire = undefined;
    };
  };

  /** Lets things happen for `limitMs`, or until `finished`. */
  run(limitMs: number, finished: () => boolean): void {
    const untilMs = this.nowMs + limitMs;
    let atOnce = 0;
    while (!finished()) {
      const [next] = this.#tasks;
      if (next === undefined || next.atMs > untilMs) {
        this.nowMs = untilMs;
        return;
      }
      this.#pop();
      if (next.fire === undefined) continue;
      atOnce = next.atMs === this.nowMs ? atOnce + 1 : 0;
      if (atOnce > 10_000) throw new Error('time stands still: somebody wants to be woken again and again');
      this.nowMs = next.atMs;
      next.fire();
    }
  }

  #push(task: Task): void {
    const tasks = this.#tasks;
    let at = tasks.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(task, tasks[above])) break;
      tasks[at] = tasks[above];
      at = above;
    }
    tasks[at] = task;
  }

  #pop(): void {
    const tasks = this.#tasks;
    const last = tasks.pop()!;
    if (tasks.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= tasks.length) break;
      if (below + 1 < tasks.length && isBefore(tasks[below + 1], tasks[below])) below++;
      if (!isBefore(tasks[below], last)) break;
      tasks[at] = tasks[below];
      at = below;
    }
    tasks[at] = last;
  }
}

function isBefore(one: Task, other: Task): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
