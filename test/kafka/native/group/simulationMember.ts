/** One process with the real machine in it: its requests go to the world's network, its work is invented. */

import {
  decodeAssignment,
  decodeSubscriber,
  encodeProtocols,
  share,
} from '../../../../src/kafka/native/group/assignment.ts';
import type { GroupMachine } from '../../../../src/kafka/native/group/machine.ts';
import type { MachineSettings } from '../../../../src/kafka/native/group/machineState.ts';
import type { GroupEffect, GroupEvent } from '../../../../src/kafka/native/group/machineTypes.ts';
import type { Assignor } from '../../../../src/kafka/native/group/membership.ts';
import type { World } from './simulation.ts';
import { Asking, faultOf } from './simulationAsking.ts';
import type { GroupRequest } from './simulationRequest.ts';
import { type Effect, type Lease, Work } from './simulationWork.ts';

const TOPIC = 'events';

export class SimulatedMember {
  readonly name: string;
  readonly instanceId: string | undefined;
  readonly assignors: readonly Assignor[];
  readonly machine: GroupMachine;
  readonly #world: World;
  readonly #settings: MachineSettings;
  readonly #asking: Asking;
  readonly #work: Work;
  state: 'live' | 'stopping' | 'stopped' | 'dead' | 'failed' = 'live';
  isLeader = false;
  /** Between JoinGroup and the SyncGroup that follows: no offsets may be sent. */
  isRebalancing = false;
  /** The assignor of the last JoinGroup answered, and what the last SyncGroup assigned. */
  protocol = '';
  assigned: readonly number[] = [];
  /** When the last heartbeat was sent. */
  beatAtMs = 0;
  #cancelTimer = () => {};

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
    this.#asking = new Asking(world, this);
    this.#work = new Work(world, this, this.#asking, options.settings);
  }

  get runs(): boolean {
    return this.state === 'live' || this.state === 'stopping';
  }

  get leases(): ReadonlyMap<number, Lease> {
    return this.#work.leases;
  }

  get isStuck(): boolean {
    return this.runs && this.#work.isStuck;
  }

  start(): void {
    this.tell({ kind: 'start' });
    this.#work.commitLater();
  }

  stop(): void {
    this.state = 'stopping';
    this.tell({ kind: 'stop' });
  }

  /** The process dies: nothing is said any more, and what is on its way stays on its way. */
  die(): void {
    this.state = 'dead';
    this.#cancelTimer();
    this.#work.leases.clear();
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
        this.isRebalancing = true;
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
        if (effect.drop) this.#asking.drop();
        else this.#asking.forgetCoordinator();
        return;
      case 'commit':
        this.#work.send(effect);
        return;
      case 'commitSettled':
        this.#work.settled(effect);
        return;
      case 'assigned':
        this.#work.assigned(effect);
        return;
      case 'revoking':
        this.#work.revoking(effect);
        return;
      case 'gone':
        this.#work.gone(effect);
        return;
      case 'failed':
        this.state = 'failed';
        this.#world.failed(this, effect.cause.code);
        return;
      case 'stopped':
        this.state = 'stopped';
        this.#asking.drop();
        return;
      case 'down':
      case 'up':
        return;
      default:
        effect satisfies never;
    }
  }

  // ------------------------------------------------------------------------------------------------------------ requests

  #leave({ memberId }: Effect<'leave'>): void {
    if (this.instanceId !== undefined)
      this.#world.violated(`${this.name} is a static member and left the group`);
    this.#asking.ask('commit', { api: 'leave', memberId }, 3_000, () => this.tell({ kind: 'left' }));
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
    this.#asking.ask('group', asked, rebalanceTimeoutMs + 5_000, (answer) => {
      if (answer.error !== undefined) return this.#refused(request, answer.error, answer.memberId);
      this.isLeader = answer.leader === answer.memberId;
      this.protocol = answer.protocol!;
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
    this.#asking.ask('group', asked, this.#settings.rebalanceTimeoutMs + 5_000, (answer) => {
      if (answer.error !== undefined) return this.#refused(request, answer.error);
      this.isRebalancing = false;
      this.assigned = decodeAssignment(answer.assignment!, TOPIC);
      this.tell({ kind: 'synced', request, partitions: this.assigned });
    });
  }

  #heartbeat({ request, memberId, generation, beside }: Effect<'heartbeat'>): void {
    this.beatAtMs = this.#world.nowMs;
    const purpose = beside ? 'commit' : 'group';
    if (!beside && this.#asking.isParked)
      this.#world.violated(`${this.name} sent a heartbeat behind a JoinGroup or SyncGroup`);
    const asked: GroupRequest = { api: 'heartbeat', memberId, generation };
    this.#asking.ask(purpose, asked, this.#settings.sessionTimeoutMs / 4, (answer) => {
      if (answer.error !== undefined) this.#refused(request, answer.error);
      else this.tell({ kind: 'beaten', request });
    });
  }

  #refused(request: number, type: string, memberId?: string): void {
    this.tell({ kind: 'refused', request, fault: faultOf(type, memberId) });
  }
}
