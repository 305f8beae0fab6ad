/** One process with the real machine in it: its requests go to the world's network, its work is invented. */

import { KafkaFault } from '../../../../src/kafka/native/cluster/fault.ts';
import {
  decodeAssignment,
  decodeSubscriber,
  encodeProtocols,
  share,
} from '../../../../src/kafka/native/group/assignment.ts';
import { groupFault } from '../../../../src/kafka/native/group/groupFault.ts';
import type { GroupMachine } from '../../../../src/kafka/native/group/machine.ts';
import type { MachineSettings } from '../../../../src/kafka/native/group/machineState.ts';
import type { GroupEffect, GroupEvent, GroupFault } from '../../../../src/kafka/native/group/machineTypes.ts';
import type { Assignor } from '../../../../src/kafka/native/group/membership.ts';
import type { World } from './simulation.ts';
import type { GroupAnswer, GroupRequest } from './simulationGroup.ts';

const TOPIC = 'events';

type Effect<K extends GroupEffect['kind']> = Extract<GroupEffect, { kind: K }>;

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

/** More requests than this within ten seconds are a storm: heartbeats and commits every half second, and joining anew. */
const STORM = 120;
const STORM_MS = 10_000;

interface Commit {
  readonly ticket: number;
  readonly askedAtMs: number;
  accepted: boolean;
  readonly positions: ReadonlyMap<number, { readonly lease: Lease; readonly offset: number }>;
  readonly sentUnder: Set<number>;
}

export class SimulatedMember {
  readonly name: string;
  readonly instanceId: string | undefined;
  readonly assignors: readonly Assignor[];
  readonly machine: GroupMachine;
  readonly leases = new Map<number, Lease>();
  readonly #world: World;
  readonly #settings: MachineSettings;
  readonly #drains: Drain[] = [];
  readonly #outstanding = new Map<string, Set<(fault: string) => void>>();
  state: 'live' | 'stopping' | 'stopped' | 'dead' | 'failed' = 'live';
  isLeader = false;
  /** JoinGroups and SyncGroups that wait at the broker. */
  #parked = 0;
  #node: number | undefined;
  #cancelTimer = () => {};
  #commit: Commit | undefined;
  #tickets = 0;
  /** Between JoinGroup and the SyncGroup that follows: no offsets may be sent. */
  #rebalancing = false;
  /** The assignor of the last JoinGroup answered, and what the last SyncGroup assigned. */
  #protocol = '';
  #assigned: readonly number[] = [];
  #beatAtMs = 0;
  #requestTimes: number[] = [];

  constructor(
    world: World,
    name: string,
    options: { instanceId?: string; assignors: readonly Assignor[]; settings: MachineSettings },
    Machine: typeof GroupMachine,
  ) {
    this.#world = world;
    this.name = name;
    this.instanceId = options.instanceId;
    this.assignors = options.assignors;
    this.#settings = options.settings;
    this.machine = new Machine(options.settings, () => world.random.next());
  }

  get runs(): boolean {
    return this.state === 'live' || this.state === 'stopping';
  }

  start(): void {
    this.tell({ kind: 'start' });
    this.#commitLater();
  }

  stop(): void {
    this.state = 'stopping';
    this.tell({ kind: 'stop' });
  }

  /** The process dies: nothing is said any more, and what is on its way stays on its way. */
  die(): void {
    this.state = 'dead';
    this.#cancelTimer();
    this.leases.clear();
  }

  tell(event: GroupEvent): void {
    if (!this.runs) return;
    for (const effect of this.machine.on(event, this.#world.nowMs)) this.#carryOut(effect);
    this.#cancelTimer();
    const { wakeAtMs } = this.machine;
    if (wakeAtMs === Number.POSITIVE_INFINITY || !this.runs) return;
    const delayMs = Math.max(0, wakeAtMs - this.#world.nowMs);
    this.#cancelTimer = this.#world.after(delayMs, () => this.tell({ kind: 'tick' }));
  }

  #carryOut(effect: GroupEffect): void {
    switch (effect.kind) {
      case 'join':
        this.#rebalancing = true;
        this.#join(effect);
        return;
      case 'distribute':
        this.#distribute(effect);
        return;
      case 'sync':
        this.#sync(effect);
        return;
      case 'heartbeat':
        this.#heartbeat(effect);
        return;
      case 'leave':
        this.#leave(effect);
        return;
      case 'forgetCoordinator':
        this.#node = undefined;
        if (effect.drop) this.#drop();
        return;
      case 'commit':
        this.#sendCommit(effect);
        return;
      case 'commitSettled':
        this.#onSettled(effect);
        return;
      case 'assigned':
        this.#onAssigned(effect);
        return;
      case 'revoking':
        this.#onRevoking(effect);
        return;
      case 'gone':
        this.#onGone(effect);
        return;
      case 'failed':
        this.state = 'failed';
        this.#world.failed(this, effect.cause.code);
        return;
      case 'stopped':
        this.state = 'stopped';
        this.#drop();
        return;
      case 'down':
      case 'up':
        return;
      default:
        effect satisfies never;
    }
  }

  /** Asked to commit for longer than a commit is tried. */
  get isStuck(): boolean {
    return this.runs && this.#commit !== undefined && this.#world.nowMs - this.#commit.askedAtMs > 60_000;
  }

  // ------------------------------------------------------------------------------------------------------------ requests

  #leave({ memberId }: Effect<'leave'>): void {
    if (this.instanceId !== undefined)
      this.#world.violated(`${this.name} is a static member and left the group`);
    this.#ask('commit', { api: 'leave', memberId }, 3_000, () => this.tell({ kind: 'left' }));
  }

  #join({ request, memberId, claim }: Effect<'join'>): void {
    const { sessionTimeoutMs, rebalanceTimeoutMs } = this.#settings;
    const asked: GroupRequest = {
      api: 'join',
      memberId,
      protocols: encodeProtocols(this.assignors, TOPIC, claim.partitions, claim.generation),
      sessionMs: sessionTimeoutMs,
      rebalanceMs: rebalanceTimeoutMs,
    };
    this.#ask('group', asked, rebalanceTimeoutMs + 5_000, (answer) => {
      if (answer.error !== undefined) return this.#refused(request, answer.error, answer.memberId);
      this.isLeader = answer.leader === answer.memberId;
      this.#protocol = answer.protocol!;
      this.tell({
        kind: 'joined',
        request,
        answer: {
          memberId: answer.memberId!,
          generation: answer.generation!,
          protocol: answer.protocol!,
          isLeader: this.isLeader,
          skipAssignment: answer.skipAssignment!,
          members: answer.members!,
        },
      });
    });
  }

  #distribute({ request, protocol, members }: Effect<'distribute'>): void {
    this.#world.after(this.#world.random.between(0, 20), () => {
      if (this.#world.random.chance(this.#world.network.lossPercent))
        return this.#refused(request, 'NETWORK');
      const counts = new Map([[TOPIC, this.#world.partitions]]);
      const shared = share(protocol as Assignor, members.map(decodeSubscriber), counts);
      this.tell({ kind: 'distributed', request, ...shared });
    });
  }

  #sync({ request, memberId, generation, assignments }: Effect<'sync'>): void {
    const asked: GroupRequest = { api: 'sync', memberId, generation, assignments };
    this.#ask('group', asked, this.#settings.rebalanceTimeoutMs + 5_000, (answer) => {
      if (answer.error !== undefined) return this.#refused(request, answer.error);
      this.#rebalancing = false;
      this.#assigned = decodeAssignment(answer.assignment!, TOPIC);
      this.tell({ kind: 'synced', request, partitions: this.#assigned });
    });
  }

  #heartbeat({ request, memberId, generation, beside }: Effect<'heartbeat'>): void {
    this.#beatAtMs = this.#world.nowMs;
    const purpose = beside ? 'commit' : 'group';
    if (!beside && this.#parked > 0)
      this.#world.violated(`${this.name} sent a heartbeat behind a JoinGroup or SyncGroup`);
    const asked: GroupRequest = { api: 'heartbeat', memberId, generation };
    this.#ask(purpose, asked, this.#settings.sessionTimeoutMs / 4, (answer) => {
      if (answer.error !== undefined) this.#refused(request, answer.error);
      else this.tell({ kind: 'beaten', request });
    });
  }

  #refused(request: number, type: string, memberId?: string): void {
    this.tell({ kind: 'refused', request, fault: faultOf(type, memberId) });
  }

  /** Exactly one of an answer and a fault comes of it, as long as the process lives. */
  #ask(
    purpose: string,
    asked: GroupRequest,
    timeoutMs: number,
    answered: (answer: GroupAnswer) => void,
  ): void {
    this.#count();
    const waiting = this.#outstanding.get(purpose) ?? new Set();
    this.#outstanding.set(purpose, waiting);
    const settle = (answer: GroupAnswer) => {
      if (!waiting.delete(lost)) return;
      this.#parked -= parks;
      cancel();
      if (this.runs) answered(answer);
    };
    const lost = (error: string) => settle({ error });
    const parks = asked.api === 'join' || asked.api === 'sync' ? 1 : 0;
    this.#parked += parks;
    const cancel = this.#world.after(timeoutMs, () => lost('TIMEOUT'));
    waiting.add(lost);
    const request = this.instanceId === undefined ? asked : { ...asked, instanceId: this.instanceId };
    const send = () => this.#world.network.send(this.name, this.#node!, request, settle, lost);
    if (this.#node !== undefined) {
      send();
      return;
    }
    this.#world.network.findCoordinator((node) => {
      this.#node = node;
      send();
    }, lost);
  }

  #count(): void {
    const { nowMs } = this.#world;
    this.#requestTimes = this.#requestTimes.filter((atMs) => atMs > nowMs - STORM_MS);
    this.#requestTimes.push(nowMs);
    if (this.#requestTimes.length > STORM) this.#world.violated(`${this.name} does not back off`);
  }

  #drop(): void {
    this.#node = undefined;
    for (const waiting of this.#outstanding.values())
      for (const lost of [...waiting]) this.#world.after(0, () => lost('CLOSED'));
  }

  // ------------------------------------------------------------------------------------------------------------- offsets

  #commitLater(): void {
    this.#world.after(this.#world.random.between(500, 1_500), () => {
      if (!this.runs) return;
      for (const lease of this.leases.values()) lease.position += this.#world.random.between(0, 5);
      this.#askCommit([...this.leases.values()]);
      this.#commitLater();
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
    this.tell({ kind: 'commit', ticket: this.#commit.ticket, partitions: [...positions.keys()] });
  }

  #sendCommit({ ticket, ownership, partitions }: Effect<'commit'>): void {
    const commit = this.#commit!;
    if (commit.ticket !== ticket) this.#world.violated(`${this.name} sent a commit that was settled`);
    if (this.#rebalancing) this.#world.violated(`${this.name} sent offsets between JoinGroup and SyncGroup`);
    commit.sentUnder.add(ownership.generation);
    if (commit.sentUnder.size > 1)
      this.#world.violated(`${this.name} sent offsets again under another generation`);
    const sent = partitions.map((partition) => commit.positions.get(partition)!);
    for (const { lease } of sent)
      if (this.leases.get(lease.partition) !== lease)
        this.#world.violated(`${this.name} sent the offset of a lease that is gone`);
    let late = false;
    const accepted = () => {
      commit.accepted = true;
      for (const { lease, offset } of sent) this.#world.accepted(this, lease, offset, late);
    };
    const { memberId, generation } = ownership;
    this.#ask('commit', { api: 'commit', memberId, generation, accepted }, 5_000, ({ error }) => {
      late = true;
      if (error === undefined) this.tell({ kind: 'commitAnswered', ticket });
      else this.tell({ kind: 'commitAnswered', ticket, fault: faultOf(error) });
    });
  }

  #onSettled({ ticket, outcome }: Effect<'commitSettled'>): void {
    if (this.#commit?.ticket !== ticket) return;
    if (outcome === 'committed' && !this.#commit.accepted)
      this.#world.violated(`${this.name} takes for committed what the group never took`);
    this.#commit = undefined;
    this.#world.reached(typeof outcome === 'string' ? `commit ${outcome}` : 'commit failed');
  }

  // ---------------------------------------------------------------------------------------------------------- partitions

  #onAssigned({ partitions }: Effect<'assigned'>): void {
    for (const partition of partitions) {
      if (this.leases.has(partition))
        this.#world.violated(`${this.name} was told again of partition ${partition}`);
      this.leases.set(partition, this.#world.granted(this, partition));
    }
  }

  #onRevoking({ drain, partitions, deadlineMs }: Effect<'revoking'>): void {
    const { random } = this.#world;
    const leases = partitions.flatMap((partition) => this.leases.get(partition) ?? []);
    if (leases.length < partitions.length)
      this.#world.violated(`${this.name} was to finish ${partitions}, which it does not have`);
    const kept = partitions.filter((partition) => this.#assigned.includes(partition));
    if (this.#protocol === 'cooperative-sticky' && kept.length > 0)
      this.#world.violated(`${this.name} was to finish ${kept}, which the group left to it`);
    const startedAtMs = this.#world.nowMs;
    const one: Drain = { leases, deadlineMs, finished: false };
    this.#drains.push(one);
    const isHeld = (lease: Lease) => this.leases.get(lease.partition) === lease;
    const withinMs = deadlineMs - this.#world.nowMs;
    this.#world.reached('drain');
    this.#world.after(withinMs + 1, () => {
      this.#drains.splice(this.#drains.indexOf(one), 1);
      if (this.runs && leases.some(isHeld))
        this.#world.violated(`${this.name} still has ${partitions} after the deadline of their drain`);
    });
    if (random.chance(this.#world.stuckPercent)) {
      this.#world.reached('drain timed out');
      return;
    }
    this.#world.after(random.between(0, withinMs - 1), () => {
      one.finished = true;
      if (leases.some(isHeld)) this.#checkPulse(startedAtMs);
      this.#askCommit(leases.filter(isHeld));
      this.#world.after(random.between(0, 50), () => this.tell({ kind: 'drained', drain }));
    });
  }

  /** An answer is waited for before the next heartbeat is sent, for as long as the request may take. */
  #checkPulse(sinceMs: number): void {
    const { heartbeatIntervalMs, sessionTimeoutMs } = this.#settings;
    const silentMs = this.#world.nowMs - Math.max(sinceMs, this.#beatAtMs);
    if (this.runs && silentMs > heartbeatIntervalMs + sessionTimeoutMs / 4 + 100)
      this.#world.violated(`${this.name} sends no heartbeats while it finishes its work`);
  }

  #onGone({ partitions, reason }: Effect<'gone'>): void {
    this.#world.reached(`gone ${reason}`);
    const gone = partitions.map((partition) => this.leases.get(partition));
    if (gone.includes(undefined))
      this.#world.violated(`${this.name} lost ${partitions}, which it does not have`);
    for (const partition of partitions) this.leases.delete(partition);
    const drain = this.#drains.find(({ leases }) => gone.every((lease) => leases.includes(lease!)));
    if (reason === 'lost') this.#world.lost(this, partitions);
    if (reason !== 'revoked') return;
    if (drain === undefined) this.#world.violated(`${this.name} gave up ${partitions} without a drain`);
    else if (!drain.finished && this.#world.nowMs < drain.deadlineMs)
      this.#world.violated(`${this.name} gave up ${partitions} before they were finished`);
  }
}

const FAULTS = new Map<string, GroupFault>();

function faultOf(type: string, memberId?: string): GroupFault {
  const fault = FAULTS.get(type) ?? groupFault(new KafkaFault(type, type), 'simulating');
  FAULTS.set(type, fault);
  return memberId === undefined ? fault : { ...fault, memberId };
}
