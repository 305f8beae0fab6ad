import type { TidemarkError } from '../../errors.ts';
import { type AuditRecord, parseAudit } from './command.ts';
import { type FollowOptions, TopicFollower } from './topicFollower.ts';

export interface AuditLogOptions {
  readonly group: string;
  /** Records of the topic that are looked through for those of the group: other groups may share it. */
  readonly lookBack: number;
  /** Records of the group that are kept. */
  readonly keep: number;
  readonly open: FollowOptions['open'];
  /** A record came. */
  said?(record: AuditRecord): void;
}

/** The last of what was asked of a group and what came of it, oldest first. What is no such record is passed over. */
export class AuditLog {
  readonly #follower: TopicFollower;
  readonly #begun = Promise.withResolvers<void>();
  #records: AuditRecord[] = [];
  #fault: TidemarkError | undefined;

  constructor(options: AuditLogOptions) {
    const { group, keep, lookBack, open } = options;
    this.#follower = new TopicFollower(
      { open, last: lookBack },
      {
        begins: () => {
          this.#records = [];
        },
        record: ({ key, value }) => {
          if (key !== group || value === undefined) return;
          const parsed = parseAudit(value);
          if (!parsed.ok || parsed.value.group !== group) return;
          this.#records.push(parsed.value);
          if (this.#records.length > keep) this.#records.shift();
          options.said?.(parsed.value);
        },
        caughtUp: () => this.#begun.resolve(),
        down: (cause) => {
          this.#fault = cause;
          if (cause.disposition === 'stop') this.#begun.reject(cause);
        },
        up: () => {
          this.#fault = undefined;
        },
      },
    );
  }

  /** Why the topic cannot be read now: what is kept is what was there before. */
  get fault(): TidemarkError | undefined {
    return this.#fault;
  }

  /** Resolves when what is there has been read. Rejects with a TidemarkError when it may not be. */
  start(): Promise<void> {
    this.#follower.start();
    return this.#begun.promise;
  }

  last(count: number): readonly AuditRecord[] {
    return this.#records.slice(-count);
  }

  stop(): Promise<void> {
    return this.#follower.stop();
  }
}
