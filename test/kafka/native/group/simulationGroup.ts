/**
 * A model of Kafka's group coordinator for one group of the classic protocol, after GroupMetadataManager of Kafka 4: the join
 * barrier with its timeout, generations, sessions, ids required before joining, static members, and a log from which
 * another broker takes over, without what was not written to it yet.
 */
import type { SeededRandom } from '../../../support/simulationRandom.ts';
import { Generations } from './simulationGenerations.ts';
import type { GroupAnswer, GroupRequest, Reply } from './simulationRequest.ts';
import type { Member, Roster } from './simulationRoster.ts';
import type { After } from './simulationTime.ts';

export class ModelGroup {
  readonly #after: After;
  readonly #maxMembers: number;
  readonly #generations: Generations;
  readonly #roster: Roster;
  /** Which broker coordinates the group. */
  node = 0;
  #loading = false;
  /**
   * Names whose latest member id was not in the log when another broker took over: to that one they belong to the process
   * before, which is over.
   */
  readonly rewound = new Set<string>();
  #ids = 0;
  #moves = 0;

  constructor(random: SeededRandom, after: After, initialDelayMs: number, maxMembers: number) {
    this.#after = after;
    this.#maxMembers = maxMembers;
    this.#generations = new Generations(random, after, initialDelayMs);
    this.#roster = this.#generations.roster;
  }

  get state(): string {
    return this.#loading ? 'loading' : this.#generations.state;
  }

  get memberIds(): string[] {
    return this.#roster.ids;
  }

  /** Members that did not join again within the rebalance timeout. They learn of it by their next heartbeat. */
  get evicted(): ReadonlySet<string> {
    return this.#generations.evicted;
  }

  handle(node: number, request: GroupRequest, reply: Reply): void {
    if (node !== this.node) {
      reply({ error: 'NOT_COORDINATOR' });
      return;
    }
    if (this.#loading) {
      reply({ error: 'COORDINATOR_LOAD_IN_PROGRESS' });
      return;
    }
    switch (request.api) {
      case 'join':
        this.#onJoin(request, reply);
        return;
      case 'sync':
        this.#onSync(request, reply);
        return;
      case 'heartbeat':
        reply(this.#onHeartbeat(request));
        return;
      case 'leave':
        reply(this.#onLeave(request));
        return;
      case 'commit':
        reply(this.#onCommit(request));
        return;
      default:
        request.api satisfies never;
    }
  }

  /** Another broker takes over with what is in the log. A frozen one answers nothing any more. */
  move(node: number, loadMs: number, frozen: boolean): void {
    const moves = ++this.#moves;
    for (const { id, instanceId } of this.#generations.persisted) {
      const holder = this.#roster.holderOf(instanceId);
      if (holder !== undefined && holder.id !== id) this.rewound.add(instanceId!);
    }
    const waiting = this.#generations.cease();
    this.node = node;
    this.#loading = true;
    if (!frozen) for (const reply of waiting) reply({ error: 'NOT_COORDINATOR' });
    this.#after(loadMs, () => {
      if (moves !== this.#moves) return;
      this.#loading = false;
      this.#generations.load();
    });
  }

  // ---------------------------------------------------------------------------------------------------------------- join

  #onJoin(request: GroupRequest, reply: Reply): void {
    const { memberId, instanceId } = request;
    const error = this.#unfit(request);
    if (error !== undefined) {
      reply({ error });
      return;
    }
    if (memberId === '') {
      this.#onNewcomer(request, reply);
      return;
    }
    if (this.#roster.expects(memberId)) {
      this.#roster.expectNoMore(memberId);
      this.#add(memberId, request, reply);
      return;
    }
    const unknown = this.#unknown(memberId, instanceId);
    if (unknown !== undefined) {
      reply({ error: unknown });
      return;
    }
    const member = this.#roster.get(memberId)!;
    if (this.#isRepetition(member, request)) {
      reply(this.#generations.joined(member, false));
      return;
    }
    this.#generations.joins(member, request, reply);
    this.#generations.rebalance();
  }

  /** Why whoever asks so may not join. */
  #unfit({ memberId, protocols }: GroupRequest): string | undefined {
    const { candidates, size } = this.#roster;
    if (size > 0 && !protocols!.some(({ name }) => candidates.has(name)))
      return 'INCONSISTENT_GROUP_PROTOCOL';
    return this.#hasRoomFor(memberId) ? undefined : 'GROUP_MAX_SIZE_REACHED';
  }

  /** While the group rebalances, who joins first gets the places, and one that had its place may lose it (KIP-389). */
  #hasRoomFor(memberId: string): boolean {
    const members = this.#roster.all;
    const { state } = this.#generations;
    if (state === 'Empty') return true;
    if (state !== 'PreparingRebalance')
      return this.#roster.get(memberId) !== undefined || members.length < this.#maxMembers;
    const joined = members.filter(({ join }) => join !== undefined);
    return joined.some(({ id }) => id === memberId) || joined.length < this.#maxMembers;
  }

  /** Joining again as before changes nothing, unless the leader does it, who wants the partitions shared anew. */
  #isRepetition(member: Member, request: GroupRequest): boolean {
    const protocols = request.protocols!;
    const same =
      member.protocols.length === protocols.length &&
      member.protocols.every(
        (own, at) => own.name === protocols[at].name && own.metadata.equals(protocols[at].metadata),
      );
    const { state } = this.#generations;
    if (state === 'CompletingRebalance') return same;
    return state === 'Stable' && same && member.id !== this.#roster.leader;
  }

  #onNewcomer(request: GroupRequest, reply: Reply): void {
    const { instanceId } = request;
    const id = `${instanceId ?? 'm'}-${++this.#ids}`;
    if (instanceId === undefined) {
      this.#roster.expect(id, request.sessionMs!, () => this.#dropExpected(id));
      reply({ error: 'MEMBER_ID_REQUIRED', memberId: id });
      return;
    }
    const old = this.#roster.holderOf(instanceId);
    if (old === undefined) {
      this.#add(id, request, reply);
      return;
    }
    const generations = this.#generations;
    generations.replace(old, id);
    generations.joins(old, request, reply);
    this.#roster.restartSession(old);
    if (generations.goesOn) {
      generations.persist();
      const answer = generations.joined(old, this.#roster.leader === id);
      old.join = undefined;
      reply(answer);
    } else generations.rebalance();
  }

  #add(id: string, request: GroupRequest, reply: Reply): void {
    this.#roster.add(id, request, reply);
    this.#generations.rebalance();
  }

  #dropExpected(id: string): void {
    this.#roster.expectNoMore(id);
    this.#generations.completeIfAllJoined();
  }

  // --------------------------------------------------------------------------------------------------------- the others

  #onSync({ memberId, instanceId, generation, assignments }: GroupRequest, reply: Reply): void {
    const error = this.#unknown(memberId, instanceId) ?? this.#outdated(generation);
    if (error === undefined) this.#generations.syncs(this.#roster.get(memberId)!, assignments, reply);
    else reply({ error });
  }

  #onHeartbeat({ memberId, instanceId, generation }: GroupRequest): GroupAnswer {
    const error = this.#roster.unknown(memberId, instanceId) ?? this.#outdated(generation);
    if (error !== undefined) return { error };
    this.#roster.restartSession(this.#roster.get(memberId)!);
    return this.#generations.state === 'PreparingRebalance' ? { error: 'REBALANCE_IN_PROGRESS' } : {};
  }

  #onCommit({ memberId, instanceId, generation, accepted }: GroupRequest): GroupAnswer {
    const error = this.#roster.unknown(memberId, instanceId) ?? this.#outdated(generation);
    if (error !== undefined) return { error };
    this.#roster.restartSession(this.#roster.get(memberId)!);
    if (this.#generations.state === 'CompletingRebalance') return { error: 'REBALANCE_IN_PROGRESS' };
    accepted!();
    return {};
  }

  #onLeave({ memberId }: GroupRequest): GroupAnswer {
    if (this.#roster.expects(memberId)) {
      this.#dropExpected(memberId);
      return {};
    }
    const member = this.#roster.get(memberId);
    if (member === undefined) return { error: 'UNKNOWN_MEMBER_ID' };
    this.#generations.remove(member);
    return {};
  }

  /** An empty group knows nobody, whatever members it still has by name. */
  #unknown(memberId: string, instanceId: string | undefined): string | undefined {
    const error = this.#roster.unknown(memberId, instanceId);
    return error ?? (this.#generations.state === 'Empty' ? 'UNKNOWN_MEMBER_ID' : undefined);
  }

  #outdated(generation: number | undefined): string | undefined {
    return generation === this.#generations.current ? undefined : 'ILLEGAL_GENERATION';
  }
}
