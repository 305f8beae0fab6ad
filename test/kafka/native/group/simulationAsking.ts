import { KafkaFault } from '../../../../src/kafka/native/cluster/fault.ts';
import { groupFault } from '../../../../src/kafka/native/group/groupFault.ts';
import type { GroupFault } from '../../../../src/kafka/native/group/machineTypes.ts';
import type { World } from './simulation.ts';
import type { GroupAnswer, GroupRequest } from './simulationRequest.ts';

/** More requests than this within ten seconds are a storm: heartbeats and commits every half second, and joining anew. */
const STORM = 120;
const STORM_MS = 10_000;

interface Sender {
  readonly name: string;
  readonly instanceId: string | undefined;
  readonly runs: boolean;
}

/** How one process asks the coordinator, wherever it believes that to be: what is on its way, and how much of it. */
export class Asking {
  readonly #world: World;
  readonly #sender: Sender;
  readonly #outstanding = new Map<string, Set<(fault: string) => void>>();
  /** JoinGroups and SyncGroups that wait at the broker. */
  #parked = 0;
  #node: number | undefined;
  #timesMs: number[] = [];

  constructor(world: World, sender: Sender) {
    this.#world = world;
    this.#sender = sender;
  }

  /** What is sent on the same connection now waits behind them. */
  get isParked(): boolean {
    return this.#parked > 0;
  }

  forgetCoordinator(): void {
    this.#node = undefined;
  }

  /** The connections are closed: whoever waits hears it. */
  drop(): void {
    this.#node = undefined;
    for (const waiting of this.#outstanding.values())
      for (const lost of [...waiting]) this.#world.after(0, () => lost('CLOSED'));
  }

  /** Exactly one of an answer and a fault comes of it, as long as the process lives. */
  ask(
    purpose: string,
    asked: GroupRequest,
    timeoutMs: number,
    answered: (answer: GroupAnswer) => void,
  ): void {
    this.#count();
    const { name, instanceId } = this.#sender;
    const waiting = this.#outstanding.get(purpose) ?? new Set();
    this.#outstanding.set(purpose, waiting);
    const settle = (answer: GroupAnswer) => {
      if (!waiting.delete(lost)) return;
      this.#parked -= parks;
      cancel();
      if (this.#sender.runs) answered(answer);
    };
    const lost = (error: string) => settle({ error });
    const parks = asked.api === 'join' || asked.api === 'sync' ? 1 : 0;
    this.#parked += parks;
    const cancel = this.#world.after(timeoutMs, () => lost('TIMEOUT'));
    waiting.add(lost);
    const request = instanceId === undefined ? asked : { ...asked, instanceId };
    const send = () => this.#world.network.send(name, this.#node!, request, settle, lost);
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
    this.#timesMs = this.#timesMs.filter((atMs) => atMs > nowMs - STORM_MS);
    this.#timesMs.push(nowMs);
    if (this.#timesMs.length > STORM) this.#world.violated(`${this.#sender.name} does not back off`);
  }
}

const FAULTS = new Map<string, GroupFault>();

/** What an error of the coordinator, or of the way to it, is to the machine. */
export function faultOf(type: string, memberId?: string): GroupFault {
  const fault = FAULTS.get(type) ?? groupFault(new KafkaFault(type, type), 'simulating');
  FAULTS.set(type, fault);
  return memberId === undefined ? fault : { ...fault, memberId };
}
