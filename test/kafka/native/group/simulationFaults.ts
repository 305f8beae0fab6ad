import type { SeededRandom } from '../../../support/simulationRandom.ts';
import type { World } from './simulation.ts';
import type { ModelGroup } from './simulationGroup.ts';
import type { SimulatedMember } from './simulationMember.ts';

const FAULTS = [
  'join',
  'leave',
  'crash',
  'restart',
  'move',
  'freeze',
  'cut',
  'loss',
  'errors',
  'partitions',
] as const;
type Fault = (typeof FAULTS)[number];
/** What happens to members and topics every day; the network and the coordinator are well. */
const CALM: readonly Fault[] = ['join', 'leave', 'partitions'];

const MAX_MEMBERS = 6;

/** Those that one story may have. */
export function someFaults(random: SeededRandom): readonly Fault[] {
  return random.chance(40) ? CALM : FAULTS.filter(() => random.chance(50));
}

/** What goes wrong in a story, one thing after another, until some moment. */
export class Faults {
  readonly #world: World;
  readonly #group: ModelGroup;
  readonly #possible: readonly Fault[];
  #over = false;
  /** A name was given to a second process while the first was there. */
  #hasDoubled = false;

  constructor(world: World, group: ModelGroup, possible: readonly Fault[]) {
    this.#world = world;
    this.#group = group;
    this.#possible = possible;
  }

  get areCalm(): boolean {
    return this.#possible.every((fault) => CALM.includes(fault));
  }

  get areOver(): boolean {
    return this.#over;
  }

  beginLater(): void {
    if (this.#possible.length === 0) return;
    const { random } = this.#world;
    const until = random.between(10, random.pick([200, 5_000, 20_000]));
    this.#world.after(until, () => {
      if (this.#over) return;
      this.#strike(random.pick(this.#possible));
      this.beginLater();
    });
  }

  end(): void {
    this.#over = true;
    this.#world.network.heal();
    if (this.#world.live.length === 0) this.#world.add();
  }

  #strike(fault: Fault): void {
    const world = this.#world;
    const { random, network, victims } = world;
    world.reached(fault);
    const victim = victims.length === 0 ? undefined : random.pick(victims);
    switch (fault) {
      case 'join':
        if (world.live.length < MAX_MEMBERS) world.add();
        return;
      case 'leave':
        victim?.stop();
        return;
      case 'crash':
        victim?.die();
        return;
      case 'restart':
        this.#restart(victim);
        return;
      case 'move':
      case 'freeze':
        this.#group.move((this.#group.node + 1) % 3, random.between(0, 8_000), fault === 'freeze');
        return;
      case 'cut':
        if (victim === undefined) return;
        network.cut.add(victim.name);
        world.after(random.between(100, 30_000), () => network.cut.delete(victim.name));
        return;
      case 'loss':
        network.lossPercent = random.pick([0, 2, 10, 30]);
        return;
      case 'errors':
        network.errorPercent = random.pick([0, 2, 10, 30]);
        return;
      case 'partitions':
        world.partitions += random.between(0, 2);
        for (const member of world.members)
          world.after(random.between(0, 30_000), () => {
            if (member.isLeader) member.tell({ kind: 'rejoin', reason: 'there are more partitions' });
          });
        return;
      default:
        fault satisfies never;
    }
  }

  /** A static member comes back under its name, now and then while the old process is still there. */
  #restart(victim: SimulatedMember | undefined): void {
    if (victim?.instanceId === undefined) return;
    const world = this.#world;
    const { instanceId, assignors } = victim;
    if (world.random.chance(40)) victim.die();
    else if (world.random.chance(50)) victim.stop();
    else {
      this.#hasDoubled = true;
      world.reached('fenced');
    }
    world.after(world.random.between(0, 8_000), () => {
      const double = world.live.some((one) => one.instanceId === instanceId);
      if (!this.#over && (!double || this.#hasDoubled)) world.add(assignors, instanceId);
    });
  }
}
