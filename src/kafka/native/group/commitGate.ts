import { TidemarkError } from '../../../errors.ts';
import { Backoff, type Random } from '../cluster/backoff.ts';
import type { HeldPartitions } from './held.ts';
import type { CommitOutcome, GroupEffect, GroupFault } from './machineTypes.ts';
import type { Ownership } from './membership.ts';
import { verdictOf } from './verdict.ts';

/** How long a commit is tried again after its first failure, before the caller is told that the group is out of reach. */
const RETRY_FOR_MS = 10_000;

interface Asked {
  readonly ticket: number;
  /** Each partition with the number of the grant by which it was held when the commit was asked for. */
  readonly grants: ReadonlyMap<number, number>;
  /** Under what it was sent, answered or not. */
  sentUnder?: Ownership;
  sentAtMs: number;
  inFlight: boolean;
  retryAtMs: number;
  giveUpAtMs: number;
}

/**
 * The one commit that may be under way. Its rules:
 * - It is not sent between a JoinGroup and its SyncGroup: the broker refuses that, or takes it under a generation whose
 *   assignment is not known yet. It waits, and goes out under the new generation for what is still owned by the same
 *   grant: the owner of a kept partition has never changed.
 * - What was sent under a generation is never sent again under another: refused, or lost on its way, it is over when
 *   that generation is.
 */
export class CommitGate {
  readonly #held: HeldPartitions;
  readonly #backoff: Backoff;
  #asked: Asked | undefined;

  constructor(held: HeldPartitions, random: Random) {
    this.#held = held;
    this.#backoff = new Backoff({ firstMs: 50, maxMs: 1_000, random });
  }

  ask(ticket: number, partitions: readonly number[]): void {
    if (this.#asked !== undefined)
      throw new TidemarkError('E-INTERNAL', 'a commit was asked for while another was under way');
    const grants = new Map<number, number>();
    for (const partition of partitions) {
      const grant = this.#held.grantOf(partition);
      if (grant !== undefined) grants.set(partition, grant);
    }
    this.#backoff.reset();
    const never = Number.POSITIVE_INFINITY;
    this.#asked = { ticket, grants, sentAtMs: 0, inFlight: false, retryAtMs: 0, giveUpAtMs: never };
  }

  /** When something is due by itself; `ownership` is undefined while nothing may be sent. */
  wakeAtMs(ownership: Ownership | undefined): number {
    const asked = this.#asked;
    if (asked === undefined || asked.inFlight || ownership === undefined) return Number.POSITIVE_INFINITY;
    return asked.retryAtMs;
  }

  /** Sends what waits, if it may go now; settles it when nothing of it is left to send. */
  flush(ownership: Ownership | undefined, nowMs: number): GroupEffect[] {
    const asked = this.#asked;
    if (asked === undefined || asked.inFlight) return [];
    const partitions = [...asked.grants.keys()].filter(
      (partition) => this.#held.grantOf(partition) === asked.grants.get(partition),
    );
    if (partitions.length === 0) return [this.#settle('refused')];
    if (ownership === undefined || nowMs < asked.retryAtMs) return [];
    if (asked.sentUnder !== undefined && asked.sentUnder.generation !== ownership.generation)
      return [this.#settle('refused')];
    asked.inFlight = true;
    asked.sentUnder = ownership;
    asked.sentAtMs = nowMs;
    return [{ kind: 'commit', ticket: asked.ticket, ownership, partitions }];
  }

  /** Under what and when it was sent; undefined when its answer is not awaited. */
  sent(ticket: number): { readonly generation: number; readonly atMs: number } | undefined {
    const asked = this.#asked;
    if (asked?.ticket !== ticket || !asked.inFlight) return undefined;
    return { generation: asked.sentUnder!.generation, atMs: asked.sentAtMs };
  }

  answered(fault: GroupFault | undefined, nowMs: number): GroupEffect[] {
    const asked = this.#asked;
    if (asked === undefined) return [];
    asked.inFlight = false;
    if (fault === undefined) return [this.#settle('committed')];
    const verdict = verdictOf(fault);
    if (fault.type === 'FENCED_INSTANCE_ID') return [this.#settle('refused')];
    if (verdict === 'stop') return [this.#settle(fault.cause)];
    if (verdict !== 'moved' && verdict !== 'loading') return [this.#settle('refused')];
    asked.giveUpAtMs = Math.min(asked.giveUpAtMs, nowMs + RETRY_FOR_MS);
    asked.retryAtMs = nowMs + this.#backoff.next();
    return asked.retryAtMs > asked.giveUpAtMs ? [this.#settle(fault.cause)] : [];
  }

  /** The member goes: what has no answer yet will not be waited for. */
  close(): GroupEffect[] {
    return this.#asked === undefined ? [] : [this.#settle('refused')];
  }

  #settle(outcome: CommitOutcome): GroupEffect {
    const { ticket } = this.#asked!;
    this.#asked = undefined;
    return { kind: 'commitSettled', ticket, outcome };
  }
}
