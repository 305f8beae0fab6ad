import { BoundedRate } from '../../telemetry/boundedRate.ts';
import type { Telemetry } from '../../telemetry/events.ts';
import { type Command, keyOf, parseCommand, type StateCommand, subjectOf } from './command.ts';
import { type FollowedRecord, type FollowOptions, TopicFollower } from './topicFollower.ts';

/** The last word on each, of those that keep. Undefined where there is none; null where it was taken back. */
export interface Kept {
  readonly state: StateCommand | null | undefined;
  readonly logLevel: Extract<Command, { command: 'log-level' }> | null | undefined;
}

export interface HearingEvents {
  /** What holds as of now, at the start and after every time that the topic could not be read. */
  kept(kept: Kept): void;
  /** Said now. */
  said(command: Command): void;
}

export interface HearingParts {
  readonly group: string;
  readonly topic: string;
  readonly open: FollowOptions['open'];
  readonly telemetry: Pick<Telemetry, 'commandIgnored' | 'commandsUnheard' | 'commandsHeard'>;
}

const IGNORED_TOLD = 5;
const IGNORED_WINDOW_MS = 60_000;

/**
 * Hears the commands to one group, in their order. What lay in the topic before is reduced to the last word on each subject;
 * skip and seek among it are over, whether somebody carried them out or not.
 */
export class Hearing {
  readonly #parts: HearingParts;
  readonly #events: HearingEvents;
  readonly #follower: TopicFollower;
  readonly #ignored = new BoundedRate(IGNORED_TOLD, IGNORED_WINDOW_MS);
  readonly #begun = Promise.withResolvers<void>();
  #kept: { -readonly [K in keyof Kept]: Kept[K] } = { state: undefined, logLevel: undefined };

  constructor(parts: HearingParts, events: HearingEvents) {
    this.#parts = parts;
    this.#events = events;
    const { telemetry, open } = parts;
    this.#follower = new TopicFollower(
      { open },
      {
        begins: () => {
          this.#kept = { state: undefined, logLevel: undefined };
        },
        record: (record, isLive) => this.#record(record, isLive),
        caughtUp: () => this.#caughtUp(),
        down: (cause) => {
          telemetry.commandsUnheard(cause);
          // What was refused at the start stays refused; later it must not stop who scores.
          if (cause.disposition === 'stop') this.#begun.reject(cause);
        },
        up: () => telemetry.commandsHeard(),
      },
    );
  }

  /**
   * Resolves when the topic has been read to its end for the first time, however long it is missing. Rejects with a TidemarkError
   * when it may not be read, or not be read to its end.
   */
  start(): Promise<void> {
    this.#follower.start();
    return this.#begun.promise;
  }

  stop(): Promise<void> {
    return this.#follower.stop();
  }

  #record({ key, value, partition, offset }: FollowedRecord, isLive: boolean): void {
    const { group } = this.#parts;
    const subject = subjectOf(group, key);
    if (subject === undefined) return;
    const command = value === undefined ? null : this.#parsed(value, key, `${partition}@${offset}`);
    if (command === undefined) return;
    if (isLive) {
      if (command !== null) this.#events.said(command);
    } else if (subject === 'state') this.#kept.state = command as Kept['state'];
    else if (subject === 'log-level') this.#kept.logLevel = command as Kept['logLevel'];
  }

  #parsed(value: Uint8Array, key: string, at: string): Command | undefined {
    const parsed = parseCommand(value);
    let problem: string | undefined;
    if (!parsed.ok) ({ problem } = parsed);
    else if (keyOf(this.#parts.group, parsed.value) !== key) problem = 'its key is that of another command';
    if (parsed.ok && problem === undefined) return parsed.value;
    if (this.#ignored.allows('record', performance.now()))
      this.#parts.telemetry.commandIgnored(`${this.#parts.topic}/${at}`, problem ?? '');
    return undefined;
  }

  #caughtUp(): void {
    this.#events.kept(this.#kept);
    this.#begun.resolve();
  }
}
