import type { Outage } from '../../outage.ts';
import { Lane } from './lane.ts';

/** The partitions that were ever written to. */
export class Lanes {
  readonly #outage: Outage;
  readonly #topics = new Map<string, Map<number, Lane>>();

  constructor(outage: Outage) {
    this.#outage = outage;
  }

  /** The lane of a partition, made when there is none. */
  get(topic: string, partition: number): Lane {
    let lanes = this.#topics.get(topic);
    if (lanes === undefined) {
      lanes = new Map();
      this.#topics.set(topic, lanes);
    }
    let lane = lanes.get(partition);
    if (lane === undefined) {
      lane = new Lane(topic, partition, this.#outage);
      lanes.set(partition, lane);
    }
    return lane;
  }

  find(topic: string, partition: number): Lane | undefined {
    return this.#topics.get(topic)?.get(partition);
  }

  of(topic: string): Lane[] {
    return [...(this.#topics.get(topic)?.values() ?? [])];
  }

  all(): Lane[] {
    return [...this.#topics.keys()].flatMap((topic) => this.of(topic));
  }
}
