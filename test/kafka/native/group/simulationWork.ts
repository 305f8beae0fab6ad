import type { MachineSettings } from '../../../../src/kafka/native/group/machineState.ts';
import type { GroupEffect } from '../../../../src/kafka/native/group/machineTypes.ts';
import type { World } from './simulation.ts';
import { type Asking, faultOf } from './simulationAsking.ts';
import type { SimulatedMember } from './simulationMember.ts';

export type Effect<K extends GroupEffect['kind']> = Extract<GroupEffect, { kind: K }>;

export interface Lease {
  readonly partition: number;
  /** Of all grants of the story, to whomever: the one with the highest number owns the partition. */
  readonly grant: number;
  position: number;
}

interface Drain {
  readonly leases: readonly Lease[];
  readonly deadlineMs: number;
  finished: boolean;
}

interface Commit {
  readonly ticket: number;
  readonly askedAtMs: number;
  accepted: boolean;
  readonly positions: ReadonlyMap<number, { readonly lease: Lease; readonly offset: number }>;
  readonly sentUnder: Set<number>;
}

/** What a member does with its partitions, invented: positions that move on, commits, and work to be finished before they go. */
export class Work {
  readonly leases = new Map<number, Lease>();
  readonly #world: World;
  readonly #member: SimulatedMember;
  readonly #asking: Asking;
  readonly #settings: MachineSettings;
  readonly #drains: Drain[] = [];
  #commit: Commit | undefined;
  #tickets = 0;

  constructor(world: World, member: SimulatedMember, asking: Asking, settings: MachineSettings) {
    this.#world = world;
    this.#member = member;
    this.#asking = asking;
    this.#settings = settings;
  }

  /** Asked to commit for longer than a commit is tried. */
  get isStuck(): boolean {
    return this.#commit !== undefined && this.#world.nowMs - this.#commit.askedAtMs > 60_000;
  }

  // ------------------------------------------------------------------------------------------------------------- offsets

  commitLater(): void {
    this.#world.after(this.#world.random.between(500, 1_500), () => {
      if (!this.#member.runs) return;
      for (const lease of this.leases.values()) lease.position += this.#world.random.between(0, 5);
      this.#askCommit([...this.leases.values()]);
      this.commitLater();
    });
  }

  #askCommit(leases: readonly Lease[]): void {
    if (this.#commit !== undefined || leases.length === 0) return;
    const positions = new Map(
      leases.map((lease) => [lease.partition, { lease, offset: lease.position }] as const),
    );
    this.#commit = {
      ticket: ++this.#tickets,
      askedAtMs: this.#world.nowMs,
      accepted: false,
      positions,
      sentUnder: new Set(),
    };
    this.#member.tell({ kind: 'commit', ticket: this.#commit.ticket, partitions: [...positions.keys()] });
  }

  send({ ticket, ownership, partitions }: Effect<'commit'>): void {
    const commit = this.#commit!;
    if (commit.ticket !== ticket) this.#violated(`sent a commit that was settled`);
    if (this.#member.isRebalancing) this.#violated(`sent offsets between JoinGroup and SyncGroup`);
    commit.sentUnder.add(ownership.generation);
    if (commit.sentUnder.size > 1) this.#violated(`sent offsets again under another generation`);
    const sent = partitions.map((partition) => commit.positions.get(partition)!);
    for (const { lease } of sent)
      if (this.leases.get(lease.partition) !== lease)
        this.#violated(`sent the offset of a lease that is gone`);
    let late = false;
    const accepted = () => {
      commit.accepted = true;
      for (const { lease, offset } of sent) this.#world.accepted(this.#member, lease, offset, late);
    };
    const { memberId, generation } = ownership;
    this.#asking.ask('commit', { api: 'commit', memberId, generation, accepted }, 5_000, ({ error }) => {
      late = true;
      if (error === undefined) this.#member.tell({ kind: 'commitAnswered', ticket });
      else this.#member.tell({ kind: 'commitAnswered', ticket, fault: faultOf(error) });
    });
  }

  settled({ ticket, outcome }: Effect<'commitSettled'>): void {
    if (this.#commit?.ticket !== ticket) return;
    if (outcome === 'committed' && !this.#commit.accepted)
      this.#violated(`takes for committed what the group never took`);
    this.#commit = undefined;
    this.#world.reached(typeof outcome === 'string' ? `commit ${outcome}` : 'commit failed');
  }

  // ---------------------------------------------------------------------------------------------------------- partitions

  assigned({ partitions }: Effect<'assigned'>): void {
    for (const partition of partitions) {
      if (this.leases.has(partition)) this.#violated(`was told again of partition ${partition}`);
      this.leases.set(partition, this.#world.granted(this.#member, partition));
    }
  }

  revoking({ drain, partitions, deadlineMs }: Effect<'revoking'>): void {
    const { random } = this.#world;
    const leases = partitions.flatMap((partition) => this.leases.get(partition) ?? []);
    if (leases.length < partitions.length)
      this.#violated(`was to finish ${partitions}, which it does not have`);
    const kept = partitions.filter((partition) => this.#member.assigned.includes(partition));
    if (this.#member.protocol === 'cooperative-sticky' && kept.length > 0)
      this.#violated(`was to finish ${kept}, which the group left to it`);
    const startedAtMs = this.#world.nowMs;
    const one: Drain = { leases, deadlineMs, finished: false };
    this.#drains.push(one);
    const isHeld = (lease: Lease) => this.leases.get(lease.partition) === lease;
    const withinMs = deadlineMs - this.#world.nowMs;
    this.#world.reached('drain');
    this.#world.after(withinMs + 1, () => {
      this.#drains.splice(this.#drains.indexOf(one), 1);
      if (this.#member.runs && leases.some(isHeld))
        this.#violated(`still has ${partitions} after the deadline of their drain`);
    });
    if (random.chance(this.#world.stuckPercent)) {
      this.#world.reached('drain timed out');
      return;
    }
    this.#world.after(random.between(0, withinMs - 1), () => {
      one.finished = true;
      if (leases.some(isHeld)) this.#checkPulse(startedAtMs);
      this.#askCommit(leases.filter(isHeld));
      this.#world.after(random.between(0, 50), () => this.#member.tell({ kind: 'drained', drain }));
    });
  }

  /** An answer is waited for before the next heartbeat is sent, for as long as the request may take. */
  #checkPulse(sinceMs: number): void {
    const { heartbeatIntervalMs, sessionTimeoutMs } = this.#settings;
    const silentMs = this.#world.nowMs - Math.max(sinceMs, this.#member.beatAtMs);
    if (this.#member.runs && silentMs > heartbeatIntervalMs + sessionTimeoutMs / 4 + 100)
      this.#violated(`sends no heartbeats while it finishes its work`);
  }

  gone({ partitions, reason }: Effect<'gone'>): void {
    this.#world.reached(`gone ${reason}`);
    const gone = partitions.map((partition) => this.leases.get(partition));
    if (gone.includes(undefined)) this.#violated(`lost ${partitions}, which it does not have`);
    for (const partition of partitions) this.leases.delete(partition);
    const drain = this.#drains.find(({ leases }) => gone.every((lease) => leases.includes(lease!)));
    if (reason === 'lost') this.#world.lost(this.#member, partitions);
    if (reason !== 'revoked') return;
    if (drain === undefined) this.#violated(`gave up ${partitions} without a drain`);
    else if (!drain.finished && this.#world.nowMs < drain.deadlineMs)
      this.#violated(`gave up ${partitions} before they were finished`);
  }

  #violated(what: string): void {
    this.#world.violated(`${this.#member.name} ${what}`);
  }
}
