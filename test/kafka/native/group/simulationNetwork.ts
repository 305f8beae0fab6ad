import type { SeededRandom } from '../../../support/simulationRandom.ts';
import type { ModelGroup } from './simulationGroup.ts';
import type { GroupAnswer, GroupRequest } from './simulationRequest.ts';
import type { After } from './simulationTime.ts';

/** What a broker may say to anything, whatever state the group is in. */
const ANYWHERE = [
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'UNKNOWN_SERVER_ERROR',
  'UNKNOWN_MEMBER_ID',
];
const ERRORS: Readonly<Record<GroupRequest['api'], readonly string[]>> = {
  join: ANYWHERE,
  sync: [...ANYWHERE, 'REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION'],
  heartbeat: [...ANYWHERE, 'REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION'],
  commit: [
    ...ANYWHERE,
    'REBALANCE_IN_PROGRESS',
    'ILLEGAL_GENERATION',
    'REQUEST_TIMED_OUT',
    'UNKNOWN_TOPIC_OR_PARTITION',
  ],
  leave: ANYWHERE,
};

/**
 * What is between the members and the coordinator. Requests and answers may be lost, with the sender told or left waiting, or
 * come late, even after it stopped waiting; and an answer may be an error without a reason that the model knows.
 */
export class Network {
  readonly #random: SeededRandom;
  readonly #after: After;
  readonly #group: ModelGroup;
  readonly #reached: (what: string) => void;
  /** Members that reach nobody, by name. */
  readonly cut = new Set<string>();
  lossPercent = 0;
  errorPercent = 0;

  constructor(random: SeededRandom, after: After, group: ModelGroup, reached: (what: string) => void) {
    this.#random = random;
    this.#after = after;
    this.#group = group;
    this.#reached = reached;
  }

  heal(): void {
    this.lossPercent = 0;
    this.errorPercent = 0;
    this.cut.clear();
  }

  findCoordinator(found: (node: number) => void, lost: (error: string) => void): void {
    const random = this.#random;
    this.#after(random.between(1, 20), () => {
      if (random.chance(this.lossPercent)) lost(random.pick(['NETWORK', 'COORDINATOR_NOT_AVAILABLE']));
      // Brokers learn of a new coordinator one after the other.
      else found(random.chance(this.lossPercent) ? random.between(0, 2) : this.#group.node);
    });
  }

  send(
    sender: string,
    node: number,
    request: GroupRequest,
    answered: (answer: GroupAnswer) => void,
    lost: (error: string) => void,
  ): void {
    if (this.#isLost(sender, lost)) return;
    this.#after(this.#travelMs(), () => {
      if (this.#random.chance(this.errorPercent)) {
        const error = this.#random.pick(ERRORS[request.api]);
        this.#reached(`${request.api}: ${error}`);
        this.#after(this.#travelMs(), () => answered({ error }));
        return;
      }
      this.#group.handle(node, request, (answer) => {
        if (answer.error !== undefined) this.#reached(`${request.api}: ${answer.error}`);
        if (!this.#isLost(sender, lost)) this.#after(this.#travelMs(), () => answered(answer));
      });
    });
  }

  #travelMs(): number {
    const random = this.#random;
    return random.chance(this.lossPercent) ? random.between(1_000, 15_000) : random.between(1, 30);
  }

  #isLost(sender: string, lost: (error: string) => void): boolean {
    const random = this.#random;
    if (!this.cut.has(sender) && !random.chance(this.lossPercent)) return false;
    if (random.chance(60)) this.#after(random.between(1, 500), () => lost('NETWORK'));
    return true;
  }
}
