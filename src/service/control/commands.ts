import { randomUUID } from 'node:crypto';
import type { PipelineConfig } from '../../config/pipelineConfig.ts';
import { within } from '../../deadlines/within.ts';
import { asTidemarkError, TidemarkError } from '../../errors.ts';
import { ClusterView } from '../../kafka/inspect/clusterView.ts';
import type { GroupInspector } from '../../kafka/inspect/group.ts';
import { partitionCount } from '../../kafka/inspect/topics.ts';
import type { TopicWriter } from '../../pipeline/ports.ts';
import { newTopicReader, newTopicWriter } from '../client.ts';
import { kafkaConnection } from '../connections.ts';
import { AuditLog } from './auditLog.ts';
import { type Answer, type AuditRecord, type Command, type CommandRequest, keyOf } from './command.ts';

/** What was asked of a group, and what came of it. */
export interface Requested {
  readonly command: Command;
  /** What processes did, as they told it: one answer each. */
  readonly answers: readonly Answer[];
  /** How many members the group had, each of which should answer. Absent for skip and seek, which one process answers. */
  readonly members?: number;
  /** Whether everybody who should answer has carried it out. */
  readonly done: boolean;
  /** Of a move: what the group has committed of the partition now, where nobody told it. */
  readonly committed?: number;
}

/** Asks things of a group, whether from the command line or from within one of its processes. */
export interface Commands {
  /**
   * Waits until everybody who should answer has, or `timeoutMs` is over; a move that nobody has begun by then is never begun.
   * Throws a TidemarkError: E-USAGE for a partition that is not there, E-KAFKA-* when it could not be said, or was said and nobody can
   * read what came of it.
   */
  request(request: CommandRequest, timeoutMs?: number): Promise<Requested>;
  /**
   * The last of what was asked of the group and what came of it, oldest first. Throws a TidemarkError when it cannot be read now, or
   * not within `timeoutMs`: E-KAFKA-*.
   */
  audit(last: number, timeoutMs?: number): Promise<readonly AuditRecord[]>;
  close(): Promise<void>;
}

const ANSWER_TIMEOUT_MS = 30_000;
/** For more answers, where nobody knows how many there will be. */
const QUIET_MS = 1_000;
/** Records kept, for `audit`. */
const MAX_AUDIT_RECORDS = 1_000;
/** Of a topic that many groups share. */
const LOOK_BACK_RECORDS = 20_000;

/** Connects with the first call. Throws E-CONFIG where the configuration names no topics for commands. */
export function openCommands(config: PipelineConfig): Commands {
  const { control } = config;
  if (control !== undefined) return new GroupCommands(config, control);
  throw new TidemarkError(
    'E-CONFIG',
    'the pipeline file has no `control` section: give it `control.topic` and `control.audit_topic`, make both with `tidemark topics --apply`, and start its processes anew',
  );
}

interface Waiting {
  readonly answers: Map<string, Answer>;
  answered(): void;
}

class GroupCommands implements Commands {
  readonly #config: PipelineConfig;
  readonly #control: NonNullable<PipelineConfig['control']>;
  readonly #cluster: ClusterView;
  readonly #group: GroupInspector;
  readonly #writer: TopicWriter;
  readonly #waiting = new Map<string, Waiting>();
  #log: AuditLog | undefined;
  #begun: Promise<void> | undefined;

  constructor(config: PipelineConfig, control: NonNullable<PipelineConfig['control']>) {
    this.#config = config;
    this.#control = control;
    this.#cluster = new ClusterView(kafkaConnection(config));
    this.#group = this.#cluster.group(config.kafka.group, config.input.topic);
    this.#writer = newTopicWriter(config);
  }

  async request(request: CommandRequest, timeoutMs = ANSWER_TIMEOUT_MS): Promise<Requested> {
    const { group } = this.#config.kafka;
    const { topic, auditTopic } = this.#control;
    await this.#prove(topic);
    const isMove = 'partition' in request;
    if (isMove) await this.#provePartition(request.partition);
    const members = isMove ? undefined : (await this.#group.describe()).members.length;
    await this.#follow(ANSWER_TIMEOUT_MS);
    const atMs = Date.now();
    const command: Command = { ...request, id: randomUUID(), atMs, untilMs: atMs + timeoutMs };
    const { pipeline } = this.#config;
    const asked: AuditRecord = { kind: 'requested', atMs, group, pipeline, command };
    const waiting: Waiting = { answers: new Map(), answered: () => {} };
    this.#waiting.set(command.id, waiting);
    try {
      // First who asks: nothing is done to a group that its log does not know of.
      await this.#writer.write(auditTopic, group, JSON.stringify(asked), timeoutMs);
      await this.#writer.write(topic, keyOf(group, request), JSON.stringify(command), timeoutMs);
      await answered(waiting, command.untilMs, members);
    } finally {
      this.#waiting.delete(command.id);
    }
    const answers = [...waiting.answers.values()];
    if (answers.length === 0) this.#proveHeard(command);
    if (members === undefined) return this.#moved(command, answers);
    const done = answers.length >= Math.max(1, members) && answers.every(({ applied }) => applied);
    return { command, answers, members, done };
  }

  async audit(last: number, timeoutMs = ANSWER_TIMEOUT_MS): Promise<readonly AuditRecord[]> {
    await this.#follow(timeoutMs);
    if (this.#log?.fault !== undefined) throw this.#log.fault;
    return this.#log?.last(last) ?? [];
  }

  async close(): Promise<void> {
    await Promise.all([this.#log?.stop(), this.#writer.stop(), this.#cluster.close()]);
  }

  async #moved(command: Command, answers: readonly Answer[]): Promise<Requested> {
    const done = answers.some(({ applied }) => applied);
    if (done || !('partition' in command)) return { command, answers, done };
    const { partition } = command;
    const committed = await this.#group.committedOffsets([partition]).catch(() => undefined);
    const offset = committed?.get(partition);
    return { command, answers, done, ...(offset === undefined ? {} : { committed: offset }) };
  }

  async #prove(topic: string): Promise<void> {
    if ((await partitionCount(this.#cluster, topic)) !== undefined) return;
    const what = `topic ${topic} does not exist: \`tidemark topics -c FILE --apply\` makes it`;
    throw new TidemarkError('E-KAFKA-TOPIC-MISSING', what);
  }

  async #provePartition(partition: number): Promise<void> {
    const { topic } = this.#config.input;
    const partitions = await partitionCount(this.#cluster, topic);
    if (partitions === undefined)
      throw new TidemarkError('E-KAFKA-TOPIC-MISSING', `topic ${topic} does not exist`);
    if (partition < partitions) return;
    const numbers =
      partitions === 1 ? 'it has partition 0 alone' : `its partitions are 0 to ${partitions - 1}`;
    throw new TidemarkError('E-USAGE', `${topic} has no partition ${partition}: ${numbers}`);
  }

  /** Nobody has answered: throws where answers cannot be heard. */
  #proveHeard({ command }: Command): void {
    const fault = this.#log?.fault;
    if (fault === undefined) return;
    const problem = `${command} was said to the group, and what came of it cannot be read: ${fault.message}`;
    throw new TidemarkError(fault.code, problem, { cause: fault });
  }

  /**
   * Follows the audit topic from now on. What was refused is begun anew with the next call; what only takes long goes on, and the next
   * call waits for the same.
   */
  async #follow(timeoutMs: number): Promise<void> {
    const { auditTopic } = this.#control;
    this.#begun ??= this.#begin().catch((cause) => {
      this.#begun = undefined;
      throw asTidemarkError(cause);
    });
    try {
      await within(timeoutMs, 'E-KAFKA-UNREACHABLE', `reading topic ${auditTopic}`, this.#begun);
    } catch (cause) {
      throw this.#log?.fault ?? cause;
    }
  }

  async #begin(): Promise<void> {
    const { auditTopic } = this.#control;
    await this.#prove(auditTopic);
    const log = new AuditLog({
      group: this.#config.kafka.group,
      lookBack: LOOK_BACK_RECORDS,
      keep: MAX_AUDIT_RECORDS,
      open: (events) => newTopicReader(this.#config, auditTopic, events),
      said: (record) => this.#said(record),
    });
    this.#log = log;
    try {
      await log.start();
    } catch (cause) {
      this.#log = undefined;
      await log.stop();
      throw cause;
    }
  }

  #said(record: AuditRecord): void {
    if (record.kind !== 'answered') return;
    const waiting = this.#waiting.get(record.id);
    if (waiting === undefined) return;
    const before = waiting.answers.get(record.replica.id);
    if (before === undefined) waiting.answers.set(record.replica.id, record);
    waiting.answered();
  }
}

/** Resolves when everybody who should answer has, or it is `untilMs`. */
async function answered(waiting: Waiting, untilMs: number, members: number | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, untilMs - Date.now());
  let quiet: NodeJS.Timeout | undefined;
  waiting.answered = () => {
    clearTimeout(quiet);
    const answers = [...waiting.answers.values()];
    if (answers.length === 0) return;
    const isWhole =
      members === undefined
        ? answers.some(({ applied }) => applied)
        : members > 0 && answers.length >= members;
    if (isWhole) resolve();
    else if (members === undefined || members === 0) quiet = setTimeout(resolve, QUIET_MS);
  };
  waiting.answered();
  await promise;
  clearTimeout(timer);
  clearTimeout(quiet);
}
