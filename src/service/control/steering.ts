import type { SeekResult, SeekTarget } from '../../pipeline/ports.ts';
import type { HeldByCommand, Telemetry } from '../../telemetry/events.ts';
import type { Answer, Command, MoveCommand, StateCommand } from './command.ts';
import type { Kept } from './hearing.ts';

/** What this process lets commands do to it. */
export interface Steered {
  pause(): void;
  resume(): void;
  holds(partition: number): boolean;
  /** Undefined when the partition is not held here. */
  seek(partition: number, to: SeekTarget): Promise<SeekResult | undefined>;
  /** Begins to finish what is in hand, after which the process ends. */
  drain(): void;
  setLogLevel(level: string): void;
}

/** What came of a command, for the audit topic. */
export type Outcome = Pick<Answer, 'applied' | 'result' | 'partition' | 'from' | 'to'>;

export interface SteeringParts {
  readonly steered: Steered;
  /** As the pipeline file has it. */
  readonly logLevel: string;
  readonly telemetry: Pick<Telemetry, 'pausedByCommand' | 'resumedByCommand' | 'commandAnswered'>;
  answer(command: Command, outcome: Outcome): void;
  /** What holds the process has changed. */
  changed(): void;
  /** Epoch milliseconds. */
  now(): number;
}

/** Moves that wait for the one before; more are refused. */
const MAX_MOVES_WAITING = 100;
/** Remembered, so that a topic that is copied or told twice does not skip twice. */
const MAX_MOVES_KNOWN = 1000;

/**
 * Carries out, in this process, what is said to the group. State is the last word; a partition is moved once, by whoever holds
 * it when it is said.
 */
export class Steering {
  readonly #parts: SteeringParts;
  #held: HeldByCommand | undefined;
  /** Draining, by whomever: what is said from now on comes too late. */
  #isLeaving = false;
  #hasJoined = false;
  /** Drains that are answered when all is committed. */
  #drains: Command[] = [];
  #standing: (() => void) | undefined;
  readonly #movesKnown = new Set<string>();
  #moves: Promise<void> = Promise.resolve();
  #movesWaiting = 0;

  constructor(parts: SteeringParts) {
    this.#parts = parts;
  }

  /** What holds the process, in words; undefined when nothing does. */
  get why(): string | undefined {
    return this.#held === undefined ? undefined : `by ${this.#held.by}: ${this.#held.why}`;
  }

  /** Takes what holds as of now. Nobody is answered: it was said to others. */
  keep({ state, logLevel }: Kept): void {
    // No word on it: at the start the process runs, and later it stays as it is.
    if (state !== undefined) this.#take(state === null ? 'resume' : state.command, state);
    if (logLevel !== undefined) this.#setLogLevel(logLevel === null ? 'default' : logLevel.level);
  }

  /** Resolves when the group is not drained, before which this process must not join it. */
  async standBy(): Promise<void> {
    while (this.#held?.state === 'drained') {
      await new Promise<void>((resolve) => {
        this.#standing = resolve;
      });
    }
    this.#hasJoined = true;
  }

  /** The process drains because of a signal, the end of its work or a command. */
  leaving(): void {
    this.#isLeaving = true;
  }

  /** All is committed; or not, because of `fault`. */
  left(fault?: string): void {
    this.leaving();
    const outcome =
      fault === undefined
        ? { applied: true, result: 'drained: all in hand is committed, leaving the group' }
        : { applied: false, result: `stopped by ${fault} while it drained` };
    for (const command of this.#drains) this.#answer(command, outcome);
    this.#drains = [];
  }

  hear(command: Command): void {
    switch (command.command) {
      case 'pause':
      case 'resume':
      case 'drain':
        this.#hearState(command);
        return;
      case 'log-level':
        this.#setLogLevel(command.level);
        this.#answer(command, { applied: true, result: `log level ${command.level}` });
        return;
      case 'skip':
      case 'seek':
        this.#hearMove(command);
        return;
      default:
        command satisfies never;
    }
  }

  #hearState(command: StateCommand): void {
    if (command.command === 'drain' && this.#hasJoined) {
      this.#drains.push(command);
      if (!this.#isLeaving) this.#parts.steered.drain();
      return;
    }
    if (this.#isLeaving) {
      const result = 'it is leaving the group already; a process that starts after this follows it';
      this.#answer(command, { applied: false, result });
      return;
    }
    const wasDrained = this.#held?.state === 'drained';
    this.#take(command.command, command);
    const result =
      command.command === 'resume'
        ? wasDrained
          ? 'joins the group'
          : 'running'
        : command.command === 'drain'
          ? 'stands by outside of the group'
          : 'paused: nothing new is taken';
    this.#answer(command, { applied: true, result });
  }

  #take(state: StateCommand['command'], said: Pick<StateCommand, 'by' | 'why'> | null): void {
    const { steered, telemetry, changed } = this.#parts;
    if (state === 'drain' && this.#hasJoined) {
      // Said while the topic could not be read.
      if (!this.#isLeaving) steered.drain();
      return;
    }
    const before = this.#held;
    this.#held =
      state === 'resume' || said === null
        ? undefined
        : { state: state === 'drain' ? 'drained' : 'paused', by: said.by, why: said.why };
    if (this.#held?.state === 'paused') steered.pause();
    else if (before?.state === 'paused') steered.resume();
    if (this.#held === undefined) {
      if (before !== undefined) telemetry.resumedByCommand();
    } else if (!isSame(before, this.#held)) telemetry.pausedByCommand(this.#held);
    if (this.#held?.state !== 'drained') this.#standing?.();
    changed();
  }

  #setLogLevel(level: string): void {
    this.#parts.steered.setLogLevel(level === 'default' ? this.#parts.logLevel : level);
  }

  #hearMove(command: MoveCommand): void {
    if (this.#movesKnown.has(command.id)) return;
    this.#movesKnown.add(command.id);
    if (this.#movesKnown.size > MAX_MOVES_KNOWN) this.#movesKnown.delete(firstOf(this.#movesKnown));
    if (this.#movesWaiting >= MAX_MOVES_WAITING) {
      const result = `${this.#movesWaiting} moves wait already`;
      this.#answer(command, { applied: false, result, partition: command.partition });
      return;
    }
    this.#movesWaiting++;
    this.#moves = this.#moves.then(() => this.#move(command));
  }

  async #move(command: MoveCommand): Promise<void> {
    const { steered, now } = this.#parts;
    const { partition, untilMs } = command;
    const lateMs = now() - untilMs;
    // Who does not hold it has nothing to say about it.
    const result: SeekResult | undefined = !steered.holds(partition)
      ? undefined
      : lateMs > 0
        ? { kind: 'refused', why: tooLate(lateMs) }
        : await steered.seek(partition, command.to);
    this.#movesWaiting--;
    if (result === undefined) return;
    if (result.kind === 'refused') {
      this.#answer(command, { applied: false, result: result.why, partition });
      return;
    }
    const { from, to } = result;
    this.#answer(command, {
      applied: true,
      result: from === undefined ? `moved to ${to}` : `${from} → ${to}`,
      partition,
      ...(from === undefined ? {} : { from }),
      to,
    });
  }

  #answer(command: Command, outcome: Outcome): void {
    const { by, why } = command;
    const { applied, result } = outcome;
    this.#parts.telemetry.commandAnswered({ command: command.command, by, why, applied, result });
    this.#parts.answer(command, outcome);
  }
}

function tooLate(lateMs: number): string {
  const seconds = Math.ceil(lateMs / 1000);
  return `it was heard ${seconds} s too late by the clock of this machine: give it more --timeout, and look at the clocks`;
}

function isSame(a: HeldByCommand | undefined, b: HeldByCommand): boolean {
  return a?.state === b.state && a.by === b.by && a.why === b.why;
}

function firstOf(set: ReadonlySet<string>): string {
  const [first] = set;
  return first!;
}
