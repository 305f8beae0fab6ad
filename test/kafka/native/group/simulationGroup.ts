/**
 * A model of Kafka's group coordinator for one group of the classic protocol, after GroupMetadataManager of Kafka 4: the join
 * barrier with its timeout, generations, sessions, ids required before joining, static members, and a log from which
 * another broker takes over, without what was not written to it yet.
 */
import type { SeededRandom } from '../../../support/simulationRandom.ts';
import type { After, Cancel } from './simulationTime.ts';

export interface GroupRequest {
  readonly api: 'join' | 'sync' | 'heartbeat' | 'leave' | 'commit';
  readonly memberId: string;
  readonly instanceId?: string;
  readonly generation?: number;
  readonly protocols?: readonly { readonly name: string; readonly metadata: Buffer }[];
  readonly assignments?: readonly { readonly memberId: string; readonly assignment: Buffer }[];
  readonly sessionMs?: number;
  readonly rebalanceMs?: number;
  /** Tells the world that offsets were taken, while they are. */
  readonly accepted?: () => void;
}

export interface GroupAnswer {
  readonly error?: string;
  readonly memberId?: string;
  readonly generation?: number;
  readonly protocol?: string;
  readonly leader?: string;
  readonly skipAssignment?: boolean;
  readonly members?: readonly { readonly memberId: string; readonly metadata: Buffer }[];
  readonly assignment?: Buffer;
}

type Reply = (answer: GroupAnswer) => void;
type State = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

interface Member {
  id: string;
  readonly instanceId: string | undefined;
  protocols: NonNullable<GroupRequest['protocols']>;
  sessionMs: number;
  rebalanceMs: number;
  assignment: Buffer;
  join?: Reply;
  sync?: Reply;
  session?: Cancel;
}

interface Persisted {
  readonly generation: number;
  readonly protocol: string;
  readonly leader: string;
  readonly members: readonly Omit<Member, 'join' | 'sync' | 'session'>[];
}

const EMPTY = Buffer.alloc(0);
const NOTHING: Persisted = { generation: 0, protocol: '', leader: '', members: [] };

export class ModelGroup {
  readonly #random: SeededRandom;
  readonly #after: After;
  readonly #initialDelayMs: number;
  readonly #maxMembers: number;
  /** Which broker coordinates the group. */
  node = 0;
  #loading = false;
  #state: State = 'Empty';
  #generation = 0;
  #protocol = '';
  #leader = '';
  #members = new Map<string, Member>();
  #pending = new Map<string, Cancel>();
  #awaitsSync = new Set<string>();
  /** Members that did not join again within the rebalance timeout. They learn of it by their next heartbeat. */
  readonly evicted = new Set<string>();
  /**
   * Names whose latest member id was not in the log when another broker took over: to that one they belong to the process
   * before, which is over.
   */
  readonly rewound = new Set<string>();
  #joinTimer: Cancel = () => {};
  #syncTimer: Cancel = () => {};
  #log: Persisted = NOTHING;
  #ids = 0;
  #moves = 0;

  constructor(random: SeededRandom, after: After, initialDelayMs: number, maxMembers: number) {
    this.#random = random;
    this.#after = after;
    this.#initialDelayMs = initialDelayMs;
    this.#maxMembers = maxMembers;
  }

  get state(): string {
    return this.#loading ? 'loading' : this.#state;
  }

  get memberIds(): string[] {
    return [...this.#members.keys()];
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
    for (const { id, instanceId } of this.#log.members) {
      const holder = this.#holderOf(instanceId);
      if (holder !== undefined && holder.id !== id) this.rewound.add(instanceId!);
    }
    const waiting = [...this.#members.values()].flatMap(({ join, sync }) => [join, sync]);
    for (const member of this.#members.values()) member.session?.();
    for (const cancel of this.#pending.values()) cancel();
    this.#joinTimer();
    this.#syncTimer();
    this.#members = new Map();
    this.#pending = new Map();
    this.#awaitsSync = new Set();
    this.node = node;
    this.#loading = true;
    if (!frozen) for (const reply of waiting) reply?.({ error: 'NOT_COORDINATOR' });
    this.#after(loadMs, () => {
      if (moves === this.#moves) this.#load();
    });
  }

  #load(): void {
    this.#loading = false;
    const { generation, protocol, leader, members } = this.#log;
    this.#generation = generation;
    this.#protocol = protocol;
    this.#leader = leader;
    this.#state = members.length === 0 ? 'Empty' : 'Stable';
    for (const member of members) {
      this.#members.set(member.id, { ...member });
      this.#restartSession(this.#members.get(member.id)!);
    }
  }

  #persist(): void {
    const members = [...this.#members.values()].map(({ join, sync, session, ...kept }) => kept);
    this.#log = {
      generation: this.#generation,
      protocol: this.#protocol,
      leader: this.#leader,
      members: this.#state === 'Empty' ? [] : members,
    };
  }

  // ---------------------------------------------------------------------------------------------------------------- join

  #onJoin(request: GroupRequest, reply: Reply): void {
    const { memberId, instanceId } = request;
    const protocols = request.protocols!;
    const offered = new Set(protocols.map(({ name }) => name));
    if (this.#members.size > 0 && ![...this.#candidates()].some((name) => offered.has(name))) {
      reply({ error: 'INCONSISTENT_GROUP_PROTOCOL' });
      return;
    }
    if (!this.#hasRoomFor(memberId)) {
      reply({ error: 'GROUP_MAX_SIZE_REACHED' });
      return;
    }
    if (memberId === '') {
      this.#onNewcomer(request, reply);
      return;
    }
    if (this.#pending.has(memberId)) {
      this.#forgetPending(memberId);
      this.#add(memberId, request, reply);
      return;
    }
    const error = this.#unknown(memberId, instanceId);
    if (error !== undefined || this.#state === 'Empty') {
      reply({ error: error ?? 'UNKNOWN_MEMBER_ID' });
      return;
    }
    const member = this.#members.get(memberId)!;
    const same =
      member.protocols.length === protocols.length &&
      member.protocols.every(
        (own, at) => own.name === protocols[at].name && own.metadata.equals(protocols[at].metadata),
      );
    const told =
      this.#state === 'CompletingRebalance'
        ? same
        : this.#state === 'Stable' && same && memberId !== this.#leader;
    if (told) {
      reply(this.#joined(member, false));
      return;
    }
    this.#update(member, request, reply);
    this.#rebalance();
  }

  /** While the group rebalances, who joins first gets the places, and one that had its place may lose it (KIP-389). */
  #hasRoomFor(memberId: string): boolean {
    const members = [...this.#members.values()];
    if (this.#state === 'Empty') return true;
    if (this.#state !== 'PreparingRebalance')
      return this.#members.has(memberId) || members.length < this.#maxMembers;
    const joined = members.filter(({ join }) => join !== undefined);
    return joined.some(({ id }) => id === memberId) || joined.length < this.#maxMembers;
  }

  #onNewcomer(request: GroupRequest, reply: Reply): void {
    const { instanceId } = request;
    const id = `${instanceId ?? 'm'}-${++this.#ids}`;
    if (instanceId === undefined) {
      this.#pending.set(
        id,
        this.#after(request.sessionMs!, () => this.#dropPending(id)),
      );
      reply({ error: 'MEMBER_ID_REQUIRED', memberId: id });
      return;
    }
    const old = this.#holderOf(instanceId);
    if (old === undefined) {
      this.#add(id, request, reply);
      return;
    }
    this.#replace(old, id);
    this.#update(old, request, reply);
    this.#restartSession(old);
    if (this.#state === 'Stable' && this.#select() === this.#protocol) {
      this.#persist();
      const answer = this.#joined(old, this.#leader === id);
      old.join = undefined;
      reply(answer);
    } else this.#rebalance();
  }

  /** A static member came back with another process: the old id is fenced from here on. */
  #replace(member: Member, id: string): void {
    member.session?.();
    member.join?.({ error: 'FENCED_INSTANCE_ID' });
    member.sync?.({ error: 'FENCED_INSTANCE_ID' });
    member.join = undefined;
    member.sync = undefined;
    if (this.#leader === member.id) this.#leader = id;
    if (this.#awaitsSync.delete(member.id)) this.#awaitsSync.add(id);
    const entries = [...this.#members].map(([key, value]): [string, Member] =>
      key === member.id ? [id, value] : [key, value],
    );
    member.id = id;
    this.#members = new Map(entries);
  }

  #add(id: string, request: GroupRequest, reply: Reply): void {
    const { instanceId, protocols, sessionMs, rebalanceMs } = request;
    const member: Member = {
      id,
      instanceId,
      protocols: protocols!,
      sessionMs: sessionMs!,
      rebalanceMs: rebalanceMs!,
      assignment: EMPTY,
      join: reply,
    };
    if (this.#leader === '') this.#leader = id;
    this.#members.set(id, member);
    this.#rebalance();
  }

  #update(member: Member, request: GroupRequest, reply: Reply): void {
    member.join?.({ error: 'UNKNOWN_MEMBER_ID' });
    member.protocols = request.protocols!;
    member.join = reply;
  }

  #rebalance(): void {
    if (this.#state === 'PreparingRebalance') {
      this.#completeIfAllJoined();
      return;
    }
    if (this.#state === 'CompletingRebalance') this.#answerSyncs('REBALANCE_IN_PROGRESS');
    this.#syncTimer();
    this.#awaitsSync.clear();
    const wasEmpty = this.#state === 'Empty';
    this.#state = 'PreparingRebalance';
    if (wasEmpty) this.#joinTimer = this.#after(this.#initialDelayMs, () => this.#completeJoin());
    else {
      const longest = Math.max(0, ...[...this.#members.values()].map(({ rebalanceMs }) => rebalanceMs));
      this.#joinTimer = this.#after(longest, () => this.#completeJoin());
      this.#completeIfAllJoined();
    }
  }

  #completeIfAllJoined(): void {
    if (this.#state !== 'PreparingRebalance' || this.#pending.size > 0) return;
    if ([...this.#members.values()].every(({ join }) => join !== undefined)) this.#completeJoin();
  }

  #completeJoin(): void {
    this.#joinTimer();
    for (const member of [...this.#members.values()]) {
      if (member.join !== undefined || member.instanceId !== undefined) continue;
      this.evicted.add(member.id);
      this.#forget(member);
    }
    const joined = [...this.#members.values()].filter(({ join }) => join !== undefined);
    if (joined.length === 0 && this.#members.size > 0) {
      // Static members that are away: their sessions decide.
      const [first] = this.#members.values();
      this.#joinTimer = this.#after(first.rebalanceMs, () => this.#completeJoin());
      return;
    }
    if (!joined.some(({ id }) => id === this.#leader)) this.#leader = joined[0]?.id ?? '';
    this.#generation++;
    if (this.#members.size === 0) {
      this.#state = 'Empty';
      this.#protocol = '';
      this.#persist();
      return;
    }
    this.#protocol = this.#select();
    this.#state = 'CompletingRebalance';
    this.#awaitsSync = new Set(this.#members.keys());
    const { rebalanceMs } = joined[0];
    const generation = this.#generation;
    this.#syncTimer = this.#after(rebalanceMs, () => this.#expireSyncs(generation));
    for (const member of joined) {
      const reply = member.join!;
      member.join = undefined;
      this.#restartSession(member);
      reply(this.#joined(member, false));
    }
  }

  #joined(member: Member, skipAssignment: boolean): GroupAnswer {
    const protocol = this.#protocol;
    const members = [...this.#members.values()].map(({ id, protocols }) => ({
      memberId: id,
      metadata: protocols.find(({ name }) => name === protocol)!.metadata,
    }));
    return {
      memberId: member.id,
      generation: this.#generation,
      protocol,
      leader: this.#leader,
      skipAssignment,
      members: member.id === this.#leader ? members : [],
    };
  }

  #candidates(): Set<string> {
    const lists = [...this.#members.values()].map(({ protocols }) => protocols.map(({ name }) => name));
    return new Set((lists[0] ?? []).filter((name) => lists.every((list) => list.includes(name))));
  }

  #select(): string {
    const candidates = this.#candidates();
    const votes = new Map<string, number>();
    for (const { protocols } of this.#members.values()) {
      const { name } = protocols.find((offered) => candidates.has(offered.name))!;
      votes.set(name, (votes.get(name) ?? 0) + 1);
    }
    return [...votes].sort(([, a], [, b]) => b - a)[0][0];
  }

  // ---------------------------------------------------------------------------------------------------------------- sync

  #onSync(request: GroupRequest, reply: Reply): void {
    const { memberId, instanceId, generation, assignments } = request;
    const error = this.#unknown(memberId, instanceId);
    if (error !== undefined || this.#state === 'Empty') {
      reply({ error: error ?? 'UNKNOWN_MEMBER_ID' });
      return;
    }
    if (generation !== this.#generation) {
      reply({ error: 'ILLEGAL_GENERATION' });
      return;
    }
    const member = this.#members.get(memberId)!;
    if (this.#state === 'PreparingRebalance') {
      reply({ error: 'REBALANCE_IN_PROGRESS' });
      return;
    }
    this.#awaitsSync.delete(memberId);
    if (this.#state === 'Stable') {
      reply({ assignment: member.assignment });
      return;
    }
    member.sync = reply;
    if (memberId === this.#leader) this.#store(generation, assignments!);
  }

  /** Written to the log first. A broker that goes meanwhile may have written it or not; nobody has been told yet. */
  #store(generation: number, assignments: NonNullable<GroupRequest['assignments']>): void {
    const shares = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment]));
    const moves = this.#moves;
    const persist = () => {
      for (const member of this.#members.values()) member.assignment = shares.get(member.id) ?? EMPTY;
      this.#persist();
    };
    if (this.#random.chance(50)) persist();
    this.#after(this.#random.between(0, 10), () => {
      const same = moves === this.#moves && generation === this.#generation;
      if (!same || this.#state !== 'CompletingRebalance') return;
      this.#state = 'Stable';
      persist();
      for (const member of this.#members.values()) {
        const reply = member.sync;
        member.sync = undefined;
        if (reply === undefined) continue;
        this.#restartSession(member);
        reply({ assignment: member.assignment });
      }
    });
  }

  #answerSyncs(error: string): void {
    for (const member of this.#members.values()) {
      const reply = member.sync;
      member.sync = undefined;
      member.assignment = EMPTY;
      if (reply === undefined) continue;
      this.#restartSession(member);
      reply({ error });
    }
  }

  #expireSyncs(generation: number): void {
    if (generation !== this.#generation || this.#awaitsSync.size === 0) return;
    if (this.#state !== 'CompletingRebalance' && this.#state !== 'Stable') return;
    for (const id of this.#awaitsSync) {
      const member = this.#members.get(id);
      if (member !== undefined) this.#forget(member);
    }
    this.#rebalance();
  }

  // --------------------------------------------------------------------------------------------------------- the others

  #onHeartbeat({ memberId, instanceId, generation }: GroupRequest): GroupAnswer {
    const error = this.#unknown(memberId, instanceId);
    if (error !== undefined) return { error };
    if (generation !== this.#generation) return { error: 'ILLEGAL_GENERATION' };
    this.#restartSession(this.#members.get(memberId)!);
    return this.#state === 'PreparingRebalance' ? { error: 'REBALANCE_IN_PROGRESS' } : {};
  }

  #onCommit({ memberId, instanceId, generation, accepted }: GroupRequest): GroupAnswer {
    const error = this.#unknown(memberId, instanceId);
    if (error !== undefined) return { error };
    if (generation !== this.#generation) return { error: 'ILLEGAL_GENERATION' };
    this.#restartSession(this.#members.get(memberId)!);
    if (this.#state === 'CompletingRebalance') return { error: 'REBALANCE_IN_PROGRESS' };
    accepted!();
    return {};
  }

  #onLeave({ memberId }: GroupRequest): GroupAnswer {
    if (this.#pending.has(memberId)) {
      this.#dropPending(memberId);
      return {};
    }
    const member = this.#members.get(memberId);
    if (member === undefined) return { error: 'UNKNOWN_MEMBER_ID' };
    this.#remove(member);
    return {};
  }

  #remove(member: Member): void {
    this.#forget(member);
    if (this.#state === 'PreparingRebalance') this.#completeIfAllJoined();
    else this.#rebalance();
  }

  #forget(member: Member): void {
    member.session?.();
    member.join?.({ error: 'UNKNOWN_MEMBER_ID' });
    member.sync?.({ error: 'UNKNOWN_MEMBER_ID' });
    this.#members.delete(member.id);
    if (this.#leader === member.id) this.#leader = [...this.#members.keys()][0] ?? '';
  }

  #dropPending(id: string): void {
    this.#forgetPending(id);
    this.#completeIfAllJoined();
  }

  #forgetPending(id: string): void {
    this.#pending.get(id)?.();
    this.#pending.delete(id);
  }

  #restartSession(member: Member): void {
    member.session?.();
    member.session = this.#after(member.sessionMs, () => {
      // Who waits for an answer of ours is alive.
      if (member.join === undefined && member.sync === undefined) this.#remove(member);
    });
  }

  #holderOf(instanceId: string | undefined): Member | undefined {
    if (instanceId === undefined) return undefined;
    return [...this.#members.values()].find((member) => member.instanceId === instanceId);
  }

  #unknown(memberId: string, instanceId: string | undefined): string | undefined {
    const holder = this.#holderOf(instanceId);
    if (holder !== undefined && holder.id !== memberId) return 'FENCED_INSTANCE_ID';
    return this.#members.has(memberId) ? undefined : 'UNKNOWN_MEMBER_ID';
  }
}
