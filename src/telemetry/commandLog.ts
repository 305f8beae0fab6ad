import type { TidemarkError } from '../errors.ts';
import type { HeldByCommand, SourcePosition, Telemetry } from './events.ts';
import { factsOf } from './faultFacts.ts';
import type { Log } from './log.ts';

/** Tells what was said to the group, and what this process did about it. */
export class CommandLog {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  paused(held: HeldByCommand): void {
    const { state, by, why } = held;
    const until = state === 'paused' ? 'nothing new is taken' : 'standing by outside of the group';
    this.#log.warn({ event: 'pausedByCommand', ...held }, `${state} by ${by}, ${until}: ${why}`);
  }

  resumed(): void {
    this.#log.info({ event: 'resumedByCommand' }, 'resumed');
  }

  answered(facts: Parameters<Telemetry['commandAnswered']>[0]): void {
    const { command, by, why, applied, result } = facts;
    const message = `${command} by ${by} (${why}): ${applied ? result : `refused, ${result}`}`;
    this.#log[applied ? 'info' : 'warn']({ event: 'commandAnswered', ...facts }, message);
  }

  ignored(at: SourcePosition, problem: string): void {
    this.#log.warn({ event: 'commandIgnored', at, problem }, `ignored what lies at ${at}: ${problem}`);
  }

  unheard(cause: TidemarkError): void {
    this.#log.warn(
      { event: 'commandsUnheard', ...factsOf(cause) },
      `commands to the group are not heard: ${cause.message}`,
    );
  }

  heard(): void {
    this.#log.info({ event: 'commandsHeard' }, 'commands to the group are heard again');
  }
}
