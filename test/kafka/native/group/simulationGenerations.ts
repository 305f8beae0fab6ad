import type { SeededRandom } from '../../../support/simulationRandom.ts';
import type { GroupAnswer, GroupRequest, Reply } from './simulationRequest.ts';
import { type KeptMember, type Member, Roster } from './simulationRoster.ts';
import type { After, Cancel } from './simulationTime.ts';

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

interface Persisted {
  readonly generation: number;
  readonly protocol: string;
  readonly leader: string;
  readonly members: readonly KeptMember[];
}

const EMPTY = Buffer.alloc(0);
const NOTHING: Persisted = { generation: 0, protocol: '', leader: '', members: [] };

/**
 * From one generation of the group to the next: the join barrier with its timeout, the shares that the leader sends, and the
 * log that another broker goes on from.
 */
export class Generations {
  readonly roster: Roster;
  readonly #random: SeededRandom;
  readonly #after: After;
  readonly #initialDelayMs: number;
  #state: GroupState = 'Empty';
  #generation = 0;
  #protocol = '';
  #awaitsSync = new Set<string>();
  /** Members that did not join again within the rebalance timeout. */
  readonly evicted = new Set<string>();
  #joinTimer: Cancel = () => {};
  #syncTimer: Cancel = () => {};
  #log: Persisted = NOTHING;
  #moves = 0;

  constructor(random: SeededRandom, after: After, initialDelayMs: number) {
    this.#random = random;
    this.#after = after;
    this.#initialDelayMs = initialDelayMs;
    this.roster = new Roster(after, (member) => this.remove(member));
  }

  get state(): GroupState {
    return this.#state;
  }

  get current(): number {
    return this.#generation;
  }

  // ----------------------------------------------------------------------------------------------------------------- log

  /** What another broker would go on with now. */
  get persisted(): readonly KeptMember[] {
    return this.#log.members;
  }

  persist(): void {
    this.#log = {
      generation: this.#generation,
      protocol: this.#protocol,
      leader: this.roster.leader,
      members: this.#state === 'Empty' ? [] : this.roster.kept(),
    };
  }

  /** The broker has the group no more. @returns those who wait for an answer. */
  cease(): Reply[] {
    this.#moves++;
    this.#joinTimer();
    this.#syncTimer();
    this.#awaitsSync.clear();
    return this.roster.clear();
  }

  /** Another one goes on with what was written. */
  load(): void {
    const { generation, protocol, leader, members } = this.#log;
    this.#generation = generation;
    this.#protocol = protocol;
    this.#state = members.length === 0 ? 'Empty' : 'Stable';
    this.roster.restore(members, leader);
  }

  // ---------------------------------------------------------------------------------------------------------------- join

  joins(member: Member, request: GroupRequest, reply: Reply): void {
    member.join?.({ error: 'UNKNOWN_MEMBER_ID' });
    member.protocols = request.protocols!;
    member.join = reply;
  }

  /** Whether a static member that comes back changes nothing for the others. */
  get goesOn(): boolean {
    return this.#state === 'Stable' && this.roster.elected() === this.#protocol;
  }

  replace(member: Member, id: string): void {
    if (this.#awaitsSync.delete(member.id)) this.#awaitsSync.add(id);
    this.roster.replace(member, id);
  }

  remove(member: Member): void {
    this.roster.forget(member);
    if (this.#state === 'PreparingRebalance') this.completeIfAllJoined();
    else this.rebalance();
  }

  rebalance(): void {
    if (this.#state === 'PreparingRebalance') {
      this.completeIfAllJoined();
      return;
    }
    if (this.#state === 'CompletingRebalance') this.#refuseSyncs('REBALANCE_IN_PROGRESS');
    this.#syncTimer();
    this.#awaitsSync.clear();
    const wasEmpty = this.#state === 'Empty';
    this.#state = 'PreparingRebalance';
    if (wasEmpty) this.#joinTimer = this.#after(this.#initialDelayMs, () => this.#completeJoin());
    else {
      const longest = Math.max(0, ...this.roster.all.map(({ rebalanceMs }) => rebalanceMs));
      this.#joinTimer = this.#after(longest, () => this.#completeJoin());
      this.completeIfAllJoined();
    }
  }

  completeIfAllJoined(): void {
    if (this.#state !== 'PreparingRebalance' || this.roster.expectsMore) return;
    if (this.roster.all.every(({ join }) => join !== undefined)) this.#completeJoin();
  }

  #completeJoin(): void {
    const { roster } = this;
    this.#joinTimer();
    for (const member of roster.all) {
      if (member.join !== undefined || member.instanceId !== undefined) continue;
      this.evicted.add(member.id);
      roster.forget(member);
    }
    const joined = roster.all.filter(({ join }) => join !== undefined);
    if (joined.length === 0 && roster.size > 0) {
      // Static members that are away: their sessions decide.
      this.#joinTimer = this.#after(roster.all[0].rebalanceMs, () => this.#completeJoin());
      return;
    }
    if (!joined.some(({ id }) => id === roster.leader)) roster.leader = joined[0]?.id ?? '';
    this.#generation++;
    if (roster.size === 0) {
      this.#state = 'Empty';
      this.#protocol = '';
      this.persist();
      return;
    }
    this.#protocol = roster.elected();
    this.#state = 'CompletingRebalance';
    this.#awaitsSync = new Set(roster.ids);
    const { rebalanceMs } = joined[0];
    const generation = this.#generation;
    this.#syncTimer = this.#after(rebalanceMs, () => this.#expireSyncs(generation));
    for (const member of joined) {
      const reply = member.join!;
      member.join = undefined;
      roster.restartSession(member);
      reply(this.joined(member, false));
    }
  }

  /** What a member is told once it is in. */
  joined(member: Member, skipAssignment: boolean): GroupAnswer {
    const protocol = this.#protocol;
    const { leader } = this.roster;
    const members = this.roster.all.map(({ id, protocols }) => ({
      memberId: id,
      metadata: protocols.find(({ name }) => name === protocol)!.metadata,
    }));
    return {
      memberId: member.id,
      generation: this.#generation,
      protocol,
      leader,
      skipAssignment,
      members: member.id === leader ? members : [],
    };
  }

  // ---------------------------------------------------------------------------------------------------------------- sync

  syncs(member: Member, assignments: GroupRequest['assignments'], reply: Reply): void {
    if (this.#state === 'PreparingRebalance') {
      reply({ error: 'REBALANCE_IN_PROGRESS' });
      return;
    }
    this.#awaitsSync.delete(member.id);
    if (this.#state === 'Stable') {
      reply({ assignment: member.assignment });
      return;
    }
    member.sync = reply;
    if (member.id === this.roster.leader) this.#store(assignments!);
  }

  /** Written to the log first. A broker that goes meanwhile may have written it or not; nobody has been told yet. */
  #store(assignments: NonNullable<GroupRequest['assignments']>): void {
    const shares = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment]));
    const moves = this.#moves;
    const generation = this.#generation;
    const persist = () => {
      for (const member of this.roster.all) member.assignment = shares.get(member.id) ?? EMPTY;
      this.persist();
    };
    if (this.#random.chance(50)) persist();
    this.#after(this.#random.between(0, 10), () => {
      const same = moves === this.#moves && generation === this.#generation;
      if (!same || this.#state !== 'CompletingRebalance') return;
      this.#state = 'Stable';
      persist();
      this.#answerSyncs(({ assignment }) => ({ assignment }));
    });
  }

  #refuseSyncs(error: string): void {
    for (const member of this.roster.all) member.assignment = EMPTY;
    this.#answerSyncs(() => ({ error }));
  }

  #answerSyncs(answerFor: (member: Member) => GroupAnswer): void {
    for (const member of this.roster.all) {
      const reply = member.sync;
      member.sync = undefined;
      if (reply === undefined) continue;
      this.roster.restartSession(member);
      reply(answerFor(member));
    }
  }

  #expireSyncs(generation: number): void {
    if (generation !== this.#generation || this.#awaitsSync.size === 0) return;
    if (this.#state !== 'CompletingRebalance' && this.#state !== 'Stable') return;
    for (const id of this.#awaitsSync) {
      const member = this.roster.get(id);
      if (member !== undefined) this.roster.forget(member);
    }
    this.rebalance();
  }
}
