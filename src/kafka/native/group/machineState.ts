import type { TidemarkError } from '../../../errors.ts';
import { Backoff, type Random } from '../cluster/backoff.ts';
import { CommitGate } from './commitGate.ts';
import { HeldPartitions } from './held.ts';
import type { GroupEffect, JoinAnswer } from './machineTypes.ts';
import type { GroupSettings, Ownership } from './membership.ts';
import { Pulse } from './pulse.ts';

export type MachineSettings = Pick<
  GroupSettings,
  'instanceId' | 'sessionTimeoutMs' | 'rebalanceTimeoutMs' | 'heartbeatIntervalMs' | 'drainTimeoutMs'
>;

export const NEVER = Number.POSITIVE_INFINITY;

export type Phase =
  | { readonly kind: 'idle' }
  /** JoinGroup is sent when the time has come. */
  | { readonly kind: 'waiting'; readonly untilMs: number; readonly reason: string }
  | { readonly kind: 'joining'; readonly request: number; readonly claimed: number }
  /** We lead, and work out who gets what. */
  | {
      readonly kind: 'distributing';
      readonly request: number;
      readonly answer: JoinAnswer;
      readonly retryAtMs: number;
    }
  | {
      readonly kind: 'syncing';
      readonly request: number;
      readonly answer: JoinAnswer;
      readonly sentAtMs: number;
      /** Partitions that nobody has: somebody is to join again. */
      readonly incomplete: boolean;
    }
  /** The group has settled, as far as we know. */
  | { readonly kind: 'member' }
  /** LeaveGroup is on its way; or first, with `awaits`, the answer to a JoinGroup that tells the id to leave with. */
  | { readonly kind: 'leaving'; readonly untilMs: number; readonly awaits?: number }
  | { readonly kind: 'over' };

interface Drain {
  readonly id: number;
  readonly partitions: readonly number[];
  readonly deadlineMs: number;
}

/** Where a member stands with its group, and the steps that every part of the machine takes. */
export class MachineState {
  readonly settings: MachineSettings;
  readonly held = new HeldPartitions();
  readonly commits: CommitGate;
  readonly pulse: Pulse;
  readonly backoff: Backoff;
  /** Of the event being handled. */
  nowMs = 0;
  phase: Phase = { kind: 'idle' };
  memberId = '';
  /** Of the last JoinGroup answered; -1 when we are nobody's member. */
  generation = -1;
  /** The last generation whose assignment reached us: the broker has it in its log, so it is never given out anew. */
  synced = -1;
  /** The generation as of which we claim to own what we hold. */
  claim = -1;
  /** How the generation we are in was shared out. */
  eager = true;
  drain: Drain | undefined;
  /** Why to join again, once nothing has to be finished first. */
  joinReason: string | undefined;
  followUpAtMs = NEVER;
  #effects: GroupEffect[] = [];
  #numbers = 0;
  #isDown = false;

  constructor(settings: MachineSettings, random: Random) {
    this.settings = settings;
    this.commits = new CommitGate(this.held, random);
    this.pulse = new Pulse(settings.heartbeatIntervalMs, settings.sessionTimeoutMs, random);
    this.backoff = new Backoff({ firstMs: 100, maxMs: 5_000, random });
  }

  get ownership(): Ownership | undefined {
    if (this.phase.kind !== 'member') return undefined;
    const { instanceId } = this.settings;
    const ownership = { memberId: this.memberId, generation: this.synced };
    return instanceId === undefined ? ownership : { ...ownership, instanceId };
  }

  /** A number that nothing else of this machine has, for what is to be answered. */
  nextNumber(): number {
    return ++this.#numbers;
  }

  do(...effects: readonly GroupEffect[]): void {
    this.#effects.push(...effects);
  }

  /** What is to be done, in order; asked for once. */
  takeEffects(): GroupEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** Sends or settles the commit that waits, where it can be now. */
  flushCommits(): void {
    this.do(...this.commits.flush(this.ownership, this.nowMs));
  }

  drop(partitions: readonly number[], reason: 'revoked' | 'lost' | 'closed'): void {
    const dropped = this.held.drop(partitions);
    if (dropped.length > 0) this.do({ kind: 'gone', partitions: dropped, reason });
  }

  /** Nothing is owned any more, and no drain is waited for. */
  lose(reason: 'lost' | 'closed'): void {
    this.drain = undefined;
    this.joinReason = undefined;
    this.synced = -1;
    this.claim = -1;
    this.drop(this.held.list(), reason);
  }

  /** The group has no such member: it is joined as a new one. */
  becomeUnknown(): void {
    this.lose('lost');
    this.memberId = '';
    this.generation = -1;
    this.pulse.forget();
  }

  lookElsewhere(cause: TidemarkError): void {
    this.do({ kind: 'forgetCoordinator', drop: false });
    this.isOut(cause);
  }

  isOut(cause: TidemarkError): void {
    this.#isDown = true;
    this.do({ kind: 'down', cause });
  }

  isUp(): void {
    if (this.#isDown) this.do({ kind: 'up' });
    this.#isDown = false;
  }

  fail(cause: TidemarkError): void {
    this.lose('lost');
    this.do(...this.commits.close());
    this.phase = { kind: 'over' };
    this.do({ kind: 'failed', cause });
  }
}

export function isEager({ protocol }: JoinAnswer): boolean {
  return protocol !== 'cooperative-sticky';
}
