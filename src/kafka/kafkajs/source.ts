import type { Kafka } from 'kafkajs';
import type { TidemarkError } from '../../errors.ts';
import type { Block, Lease, Position, SeekResult, Source, SourceEvents } from '../../pipeline/ports.ts';
import type { ClientLog, KafkaConnection } from '../connection.ts';
import { KafkaAdmin } from './admin.ts';
import { kafkajsCapabilities } from './capabilities.ts';
import { newKafka } from './client.ts';
import { Intake } from './intake.ts';
import { Membership, type MembershipEvents } from './membership.ts';
import { type KafkajsSourceOptions, type SourceSettings, sourceSettings } from './settings.ts';

const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 5_000;
/** Crashes in a row for a reason that is neither Kafka's nor the network's before it is taken for lasting. */
const MAX_UNEXPLAINED = 5;

/** The Source port over kafkajs: keeps a membership of the group alive, one after another. */
export class KafkajsSource implements Source {
  readonly capabilities = kafkajsCapabilities;
  readonly #settings: SourceSettings;
  readonly #kafka: Kafka;
  readonly #admin: KafkaAdmin;
  readonly #intake = new Intake();
  #events: SourceEvents | undefined;
  #membership: Membership | undefined;
  #running: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;
  #stopped = false;
  #paused = false;
  #failed = false;
  #generation = 0;

  constructor(connection: KafkaConnection, options: KafkajsSourceOptions, log: ClientLog = () => {}) {
    this.#settings = sourceSettings(options);
    this.#kafka = newKafka(connection, (level, message, details) => {
      this.#onLog(message, details);
      log(level, message, details);
    });
    this.#admin = new KafkaAdmin(this.#kafka);
  }

  async start(events: SourceEvents): Promise<void> {
    this.#events = events;
    this.#running = this.#run();
  }

  next(): Promise<Block | undefined> {
    return this.#intake.next();
  }

  release(block: Block): void {
    this.#intake.release(block);
  }

  async commit(positions: readonly Position[]): Promise<'committed' | 'refused'> {
    return (await this.#membership?.commit(positions)) ?? 'committed';
  }

  /** Its handlers hold a generation's blocks until they are released, and a position it moves is its own to move again. */
  async seek(): Promise<SeekResult> {
    const why = `client ${kafkajsCapabilities.name} cannot move a partition that is held: use the native one`;
    return { kind: 'refused', why };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#intake.close();
    this.#wake?.();
    await this.#membership?.leave('closed');
    await this.#running;
    await this.#admin.close();
  }

  async #run(): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    let unexplained = 0;
    while (!this.#stopped && !this.#failed) {
      const membership = new Membership(
        this.#kafka,
        this.#admin,
        this.#settings,
        this.#membershipEvents(),
        this.#intake,
        () => ++this.#generation,
      );
      this.#membership = membership;
      const cause = await membership.run();
      if (this.#stopped) return;
      if (membership.joined) backoffMs = FIRST_BACKOFF_MS;
      unexplained = cause.code === 'E-INTERNAL' && !membership.progressed ? unexplained + 1 : 0;
      const lasting =
        cause.code === 'E-INTERNAL' ? unexplained > MAX_UNEXPLAINED : cause.disposition === 'stop';
      if (lasting) this.#fail(cause);
      else this.#down(cause);
      await membership.leave('lost');
      if (lasting) return;
      await this.#pause(backoffMs);
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
    }
  }

  #membershipEvents(): MembershipEvents {
    const events = this.#events!;
    return {
      granted: (leases) => events.granted(leases),
      begins: (lease, offset) => events.begins(lease, offset),
      ending: (leases, deadlineMs) => events.ending(leases, deadlineMs),
      gone: (leases: readonly Lease[]) => events.gone(leases),
      down: (cause) => this.#down(cause),
      up: () => this.#up(),
      failed: (cause) => this.#fail(cause),
    };
  }

  #down(cause: TidemarkError): void {
    if (this.#paused || this.#stopped || this.#failed) return;
    this.#paused = true;
    this.#events?.paused(cause);
  }

  #up(): void {
    if (!this.#paused || this.#stopped) return;
    this.#paused = false;
    this.#events?.resumed();
  }

  #fail(cause: TidemarkError): void {
    if (this.#failed || this.#stopped) return;
    this.#failed = true;
    this.#events?.failed(cause);
  }

  /**
   * kafkajs tells in its log alone that it resets an offset out of range, and resets it whatever the policy. A test with a
   * real broker fails when the words change.
   */
  #onLog(message: string, details: object): void {
    if (!message.startsWith('Offset out of range, resetting')) return;
    const { partition } = details as { readonly partition?: unknown };
    if (typeof partition === 'number') this.#membership?.offsetReset(partition);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
