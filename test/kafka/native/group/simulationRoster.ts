import type { GroupRequest, Reply } from './simulationRequest.ts';
import type { After, Cancel } from './simulationTime.ts';

const EMPTY = Buffer.alloc(0);

export interface Member {
  id: string;
  readonly instanceId: string | undefined;
  protocols: NonNullable<GroupRequest['protocols']>;
  readonly sessionMs: number;
  readonly rebalanceMs: number;
  assignment: Buffer;
  join?: Reply;
  sync?: Reply;
  session?: Cancel;
}

/** As the log keeps it. */
export type KeptMember = Omit<Member, 'join' | 'sync' | 'session'>;

/** Who is in the group by its coordinator: members with their sessions, who leads them, and ids given out before joining. */
export class Roster {
  leader = '';
  readonly #after: After;
  readonly #silent: (member: Member) => void;
  #members = new Map<string, Member>();
  readonly #pending = new Map<string, Cancel>();

  /** @param silent is told of a member whose session ended. */
  constructor(after: After, silent: (member: Member) => void) {
    this.#after = after;
    this.#silent = silent;
  }

  get all(): Member[] {
    return [...this.#members.values()];
  }

  get ids(): string[] {
    return [...this.#members.keys()];
  }

  get size(): number {
    return this.#members.size;
  }

  get(id: string): Member | undefined {
    return this.#members.get(id);
  }

  holderOf(instanceId: string | undefined): Member | undefined {
    if (instanceId === undefined) return undefined;
    return this.all.find((member) => member.instanceId === instanceId);
  }

  /** The error for one that is no member by this id. */
  unknown(memberId: string, instanceId: string | undefined): string | undefined {
    const holder = this.holderOf(instanceId);
    if (holder !== undefined && holder.id !== memberId) return 'FENCED_INSTANCE_ID';
    return this.#members.has(memberId) ? undefined : 'UNKNOWN_MEMBER_ID';
  }

  add(id: string, request: GroupRequest, join: Reply): void {
    const { instanceId, protocols, sessionMs, rebalanceMs } = request;
    if (this.leader === '') this.leader = id;
    this.#members.set(id, {
      id,
      instanceId,
      protocols: protocols!,
      sessionMs: sessionMs!,
      rebalanceMs: rebalanceMs!,
      assignment: EMPTY,
      join,
    });
  }

  /** A static member came back with another process: the old id is fenced from here on. */
  replace(member: Member, id: string): void {
    member.session?.();
    member.join?.({ error: 'FENCED_INSTANCE_ID' });
    member.sync?.({ error: 'FENCED_INSTANCE_ID' });
    member.join = undefined;
    member.sync = undefined;
    if (this.leader === member.id) this.leader = id;
    const entries = [...this.#members].map(([key, value]): [string, Member] =>
      key === member.id ? [id, value] : [key, value],
    );
    member.id = id;
    this.#members = new Map(entries);
  }

  forget(member: Member): void {
    member.session?.();
    member.join?.({ error: 'UNKNOWN_MEMBER_ID' });
    member.sync?.({ error: 'UNKNOWN_MEMBER_ID' });
    this.#members.delete(member.id);
    if (this.leader === member.id) this.leader = this.ids[0] ?? '';
  }

  restartSession(member: Member): void {
    member.session?.();
    member.session = this.#after(member.sessionMs, () => {
      // Who waits for an answer of ours is alive.
      if (member.join === undefined && member.sync === undefined) this.#silent(member);
    });
  }

  // ------------------------------------------------------------------------------------------- ids given out (KIP-394)

  get expectsMore(): boolean {
    return this.#pending.size > 0;
  }

  expects(id: string): boolean {
    return this.#pending.has(id);
  }

  expect(id: string, withinMs: number, expired: () => void): void {
    this.#pending.set(id, this.#after(withinMs, expired));
  }

  expectNoMore(id: string): void {
    this.#pending.get(id)?.();
    this.#pending.delete(id);
  }

  // ------------------------------------------------------------------------------------------------------------ protocols

  /** What all members offer. */
  get candidates(): Set<string> {
    const lists = this.all.map(({ protocols }) => protocols.map(({ name }) => name));
    return new Set((lists[0] ?? []).filter((name) => lists.every((list) => list.includes(name))));
  }

  /** Of what all members offer, what most of them would take first. */
  elected(): string {
    const { candidates } = this;
    const votes = new Map<string, number>();
    for (const { protocols } of this.all) {
      const { name } = protocols.find((offered) => candidates.has(offered.name))!;
      votes.set(name, (votes.get(name) ?? 0) + 1);
    }
    return [...votes].sort(([, a], [, b]) => b - a)[0][0];
  }

  // ---------------------------------------------------------------------------------------------------------------- log

  kept(): KeptMember[] {
    return this.all.map(({ join, sync, session, ...kept }) => kept);
  }

  restore(members: readonly KeptMember[], leader: string): void {
    this.leader = leader;
    for (const kept of members) {
      const member = { ...kept };
      this.#members.set(member.id, member);
      this.restartSession(member);
    }
  }

  /** The broker has it no more. @returns those who wait for an answer. */
  clear(): Reply[] {
    const waiting = this.all.flatMap(({ join, sync }) => [join, sync]);
    for (const member of this.#members.values()) member.session?.();
    for (const cancel of this.#pending.values()) cancel();
    this.#members.clear();
    this.#pending.clear();
    return waiting.filter((reply) => reply !== undefined);
  }
}
