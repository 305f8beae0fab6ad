/** The part of a running process that hears commands to its group, carries them out and tells what it did. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { PipelineConfig } from '../../config/pipelineConfig.ts';
import { giveUpAfter } from '../../deadlines/giveUpAfter.ts';
import type { Telemetry } from '../../telemetry/events.ts';
import { newTopicReader, newTopicWriter } from '../client.ts';
import { Answers } from './answers.ts';
import { Hearing } from './hearing.ts';
import { type Steered, Steering } from './steering.ts';

export interface ControlParts {
  readonly steered: Steered;
  readonly telemetry: Telemetry;
  /** What holds the process has changed. */
  changed(): void;
}

/** What an answer may take that nobody waits for any longer. */
const LAST_ANSWERS_MS = 3_000;

/** The broker answers at once when something is said; until then it need not answer often. */
const QUIET_WAIT_MS = 5_000;

export class Control {
  readonly steering: Steering;
  readonly #answers: Answers;
  readonly #hearing: Hearing;
  readonly #stopWriting: () => Promise<void>;

  /** Connects to nothing yet. */
  constructor(config: PipelineConfig, control: NonNullable<PipelineConfig['control']>, parts: ControlParts) {
    const { steered, telemetry, changed } = parts;
    const { group } = config.kafka;
    const writer = newTopicWriter(config);
    const replica = { id: randomUUID(), host: hostname(), pid: process.pid };
    const { topic, auditTopic } = control;
    this.#answers = new Answers({
      writer,
      auditTopic,
      group,
      pipeline: config.pipeline,
      replica,
      telemetry,
    });
    this.steering = new Steering({
      steered,
      logLevel: config.log.level,
      telemetry,
      answer: (command, outcome) => this.#answers.tell(command, outcome),
      changed,
      now: () => Date.now(),
    });
    this.#hearing = new Hearing(
      {
        group,
        topic,
        open: (events) => newTopicReader(config, topic, events, { maxWaitMs: QUIET_WAIT_MS }),
        telemetry,
      },
      { kept: (kept) => this.steering.keep(kept), said: (command) => this.steering.hear(command) },
    );
    this.#stopWriting = () => writer.stop();
  }

  /** Resolves when the group's state is known and allows this process to join: it waits for the topic, and while it is drained. */
  async begin(): Promise<void> {
    await this.#hearing.start();
    await this.steering.standBy();
  }

  /** Resolves when what was carried out has been told, as far as that is possible in a moment. */
  async told(): Promise<void> {
    await giveUpAfter(LAST_ANSWERS_MS, this.#answers.settled());
  }

  async stop(): Promise<void> {
    await Promise.all([this.#hearing.stop(), this.#stopWriting()]);
  }
}
