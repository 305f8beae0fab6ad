import { asTidemarkError, type ErrorCode } from '../../errors.ts';
import type { TopicWriter } from '../../pipeline/ports.ts';
import type { Telemetry } from '../../telemetry/events.ts';
import type { Answer, Command, Replica } from './command.ts';
import type { Outcome } from './steering.ts';

export interface AnswersParts {
  readonly writer: TopicWriter;
  readonly auditTopic: string;
  readonly group: string;
  readonly pipeline: string;
  readonly replica: Replica;
  readonly telemetry: Pick<Telemetry, 'warned'>;
}

const WRITE_TIMEOUT_MS = 10_000;
/** Beyond these a command is carried out and nobody hears of it but the log. */
const MAX_WAITING = 100;

/** Tells the audit topic what this process did, one after the other, and holds up nobody. */
export class Answers {
  readonly #parts: AnswersParts;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(parts: AnswersParts) {
    this.#parts = parts;
  }

  tell({ id, command }: Command, outcome: Outcome): void {
    const { group, pipeline, replica } = this.#parts;
    if (this.#waiting >= MAX_WAITING) {
      this.#lost(command, 'E-KAFKA-UNREACHABLE', `${this.#waiting} answers wait already`);
      return;
    }
    const answer: Answer = {
      kind: 'answered',
      atMs: Date.now(),
      group,
      pipeline,
      id,
      command,
      replica,
      ...outcome,
    };
    this.#waiting++;
    this.#last = this.#last.then(() => this.#write(answer));
  }

  /** Resolves when everything was told, or could not be. */
  settled(): Promise<void> {
    return this.#last;
  }

  async #write(answer: Answer): Promise<void> {
    const { writer, auditTopic, group } = this.#parts;
    try {
      await writer.write(auditTopic, group, JSON.stringify(answer), WRITE_TIMEOUT_MS);
    } catch (cause) {
      const { code, message } = asTidemarkError(cause);
      this.#lost(answer.command, code, message);
    } finally {
      this.#waiting--;
    }
  }

  #lost(command: string, code: ErrorCode, why: string): void {
    const message = `what was done about ${command} is not in the audit topic: ${why}`;
    this.#parts.telemetry.warned(code, message);
  }
}
