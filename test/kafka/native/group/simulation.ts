/**
 * Several members of one group, a coordinator and a network between them, made from a seed: virtual time, and faults until
 * some moment; after that everything has to come right by itself. One seed is one story, told the same way every time.
 */
import { GroupMachine } from '../../../../src/kafka/native/group/machine.ts';
import type { MachineSettings } from '../../../../src/kafka/native/group/machineState.ts';
import type { Assignor } from '../../../../src/kafka/native/group/membership.ts';
import { SeededRandom } from '../../../support/simulationRandom.ts';
import { Faults, someFaults } from './simulationFaults.ts';
import { ModelGroup } from './simulationGroup.ts';
import { SimulatedMember } from './simulationMember.ts';
import { Network } from './simulationNetwork.ts';
import { Timeline } from './simulationTime.ts';
import type { Lease } from './simulationWork.ts';

/**
 * - cooperative: only members like ours. eager: from the beginning to the end one that knows no other way.
 * - mixed: such ones come and go.
 */
export const KINDS = ['cooperative', 'eager', 'mixed'] as const;
export type Kind = (typeof KINDS)[number];

const OURS: readonly Assignor[] = ['cooperative-sticky', 'RoundRobinAssigner', 'range'];
const KAFKAJS: readonly Assignor[] = ['RoundRobinAssigner'];

/** More places in the group than are ever wanted. */
const PLENTY = 1_000;
const AFTERMATH_MS = 45_000;
/** After a story is settled it has to stay so, for longer than any timeout. */
const QUIET_MS = 100_000;

export interface Story {
  readonly kind: Kind;
  readonly violations: readonly string[];
  /** What happened, for the test to see that the seeds get where they are meant to. */
  readonly reached: ReadonlySet<string>;
}

export class World {
  readonly random: SeededRandom;
  readonly #kind: Kind;
  readonly #settings: MachineSettings;
  readonly #group: ModelGroup;
  readonly #Machine: typeof GroupMachine;
  readonly #violations: string[] = [];
  readonly #reached = new Set<string>();
  readonly #committed = new Map<number, { readonly offset: number; readonly late: boolean }>();
  readonly #owners = new Map<number, { readonly grant: number; readonly member: SimulatedMember }>();
  readonly #time: Timeline;
  readonly network: Network;
  /** How many members the group takes (KIP-389). */
  readonly #maxMembers: number;
  readonly stuckPercent: number;
  partitions: number;
  readonly members: SimulatedMember[] = [];
  readonly #faults: Faults;
  #names = 0;
  #grants = 0;
  #isSettled = false;

  constructor(seed: number, Machine: typeof GroupMachine) {
    const random = new SeededRandom(seed);
    this.random = random;
    this.#Machine = Machine;
    this.#kind = KINDS[seed % KINDS.length];
    const drainTimeoutMs = random.pick([1_000, 4_000, 12_000]);
    this.#settings = {
      sessionTimeoutMs: random.pick([6_000, 10_000]),
      rebalanceTimeoutMs: 20_000,
      heartbeatIntervalMs: random.pick([500, 2_000]),
      drainTimeoutMs,
    };
    this.partitions = random.between(1, 9);
    this.stuckPercent = random.pick([0, 0, 20]);
    const possible = someFaults(random);
    this.#time = new Timeline(random);
    this.#maxMembers = random.chance(15) ? 4 : PLENTY;
    this.#group = new ModelGroup(random, this.after, random.pick([0, 3_000]), this.#maxMembers);
    this.network = new Network(random, this.after, this.#group, (what) => this.reached(what));
    this.#faults = new Faults(this, this.#group, possible);
  }

  get nowMs(): number {
    return this.#time.nowMs;
  }

  get after(): Timeline['after'] {
    return this.#time.after;
  }

  get #isCalm(): boolean {
    return this.#maxMembers === PLENTY && this.#faults.areCalm;
  }

  play(): Story {
    const { random } = this;
    if (this.#kind === 'eager') {
      this.add(KAFKAJS);
      this.#runUntil(20_000, () => this.#hasSettled());
    }
    for (let count = random.between(1, 3); count > 0; count--) this.add();
    this.#faults.beginLater();
    this.#runUntil(random.between(5_000, 120_000), () => false);
    this.#faults.end();
    // What was sent while things were wrong may still arrive.
    this.#runUntil(AFTERMATH_MS, () => false);
    this.#runUntil(200_000, () => this.#hasSettled());
    if (!this.#hasSettled()) this.violated(`not settled: ${this.#describe()}`);
    this.#isSettled = true;
    if (this.#violations.length === 0) this.#runUntil(QUIET_MS, () => false);
    if (!this.#hasSettled()) this.violated(`settled, and then not any more: ${this.#describe()}`);
    for (const { name, isStuck } of this.members) if (isStuck) this.violated(`a commit of ${name} is stuck`);
    return { kind: this.#kind, violations: this.#violations, reached: this.#reached };
  }

  violated(what: string): void {
    this.#violations.push(`${Math.round(this.nowMs)} ms: ${what}`);
  }

  reached(what: string): void {
    this.#reached.add(what);
  }

  // ------------------------------------------------------------------------------------------------------------ promises

  granted(member: SimulatedMember, partition: number): Lease {
    for (const other of this.members) {
      if (other === member || !other.runs || !other.leases.has(partition)) continue;
      // Whoever is between JoinGroup and SyncGroup may not know yet, and can commit nothing meanwhile; a static member
      // whose name another process took learns of it by its next heartbeat.
      const { ownership } = other.machine;
      if (ownership === undefined || this.#isReplaced(other)) continue;
      // Nor does one that was too late for a rebalance; the coordinator takes none of its commits.
      if (!this.#group.evicted.has(ownership.memberId))
        this.violated(`${member.name} got partition ${partition} while ${other.name} has it`);
    }
    this.#owners.set(partition, { grant: ++this.#grants, member });
    return { partition, grant: this.#grants, position: this.#committed.get(partition)?.offset ?? 0 };
  }

  accepted(member: SimulatedMember, lease: Lease, offset: number, late: boolean): void {
    const { partition, grant } = lease;
    const owner = this.#owners.get(partition)!;
    // A member that lost it and got it back in the same generation is the same to the broker.
    if (owner.grant !== grant && !(owner.member === member && late))
      this.violated(`a commit of ${member.name} for ${partition} was taken, which is another's by now`);
    const before = this.#committed.get(partition);
    // What its sender has given up on may arrive after what it sent later, under the same generation.
    if (before !== undefined && offset < before.offset && !late && !before.late)
      this.violated(`the offset of ${partition} went back to ${offset} by ${member.name}`);
    this.#committed.set(partition, { offset, late });
  }

  lost(member: SimulatedMember, partitions: readonly number[]): void {
    if (this.#isCalm && this.#kind !== 'mixed')
      this.violated(`${member.name} lost ${partitions} though nothing was wrong`);
    if (this.#isSettled) this.violated(`${member.name} lost ${partitions} after everything was settled`);
  }

  #runUntil(limitMs: number, finished: () => boolean): void {
    this.#time.run(limitMs, () => this.#violations.length > 0 || finished());
  }

  #hasSettled(): boolean {
    const live = this.members.filter(({ runs }) => runs);
    if (this.#group.state !== 'Stable' || live.some(({ state }) => state === 'stopping')) return false;
    if (this.#group.memberIds.length !== live.length) return false;
    const held = live.flatMap(({ leases }) => [...leases.keys()]).sort((a, b) => a - b);
    return (
      held.length === this.partitions &&
      held.every((partition, at) => partition === at) &&
      live.every(({ machine }) => machine.ownership !== undefined)
    );
  }

  failed(member: SimulatedMember, code: string): void {
    this.reached(code);
    const rightly =
      (code === 'E-KAFKA-FENCED' &&
        (this.#isReplaced(member) || this.#group.rewound.has(member.instanceId ?? ''))) ||
      (code === 'E-KAFKA-GROUP' && this.#reached.has('join: GROUP_MAX_SIZE_REACHED'));
    if (!rightly) this.violated(`${member.name} failed with ${code}`);
    // Somebody starts it again; what has died meanwhile leaves a full group at last.
    if (this.#faults.areOver)
      this.after(15_000, () => {
        if (!this.members.some(({ runs }) => runs)) this.add(member.assignors);
      });
  }

  /** Another process has joined under the same name, or may have: the last one that the coordinator hears counts. */
  #isReplaced({ instanceId }: SimulatedMember): boolean {
    return instanceId !== undefined && this.members.filter((one) => one.instanceId === instanceId).length > 1;
  }

  #describe(): string {
    const members = this.members
      .filter(({ runs }) => runs)
      .map(
        ({ name, leases, machine }) =>
          `${name} has [${[...leases.keys()]}] ${JSON.stringify(machine.ownership)}`,
      );
    return `${this.partitions} partitions, ${this.#group.state}, members ${this.#group.memberIds}; ${members.join('; ')}`;
  }

  // ------------------------------------------------------------------------------------------------------------- members

  get live(): SimulatedMember[] {
    return this.members.filter(({ state }) => state === 'live');
  }

  /** Whom something may happen to. The one that makes the group eager stays. */
  get victims(): SimulatedMember[] {
    return this.#kind === 'eager' ? this.live.filter(({ assignors }) => assignors !== KAFKAJS) : this.live;
  }

  add(assignors = this.#someAssignors(), instanceId = this.#someInstance()): void {
    const name = `${instanceId ?? ''}#${++this.#names}`;
    const settings = instanceId === undefined ? this.#settings : { ...this.#settings, instanceId };
    const options = { assignors, settings, ...(instanceId === undefined ? {} : { instanceId }) };
    const member = new SimulatedMember(this, name, options, this.#Machine);
    this.members.push(member);
    member.start();
  }

  #someAssignors(): readonly Assignor[] {
    if (this.#kind === 'cooperative') return OURS;
    return this.random.pick(this.#kind === 'eager' ? [OURS, KAFKAJS] : [OURS, OURS, KAFKAJS]);
  }

  #someInstance(): string | undefined {
    return this.random.chance(30) ? `static-${this.#names}` : undefined;
  }
}

export function simulate(seed: number, Machine: typeof GroupMachine = GroupMachine): Story {
  return new World(seed, Machine).play();
}
