/**
 * A sequencer against the model of a broker over a connection that fails as told. Everything follows from the plan, so that a
 * failing run is repeated by its plan alone.
 */
import type {
  Answer,
  Effect,
  Sequenced,
  StopReason,
} from '../../../../src/kafka/native/produce/sequenced.ts';
import type { Sequencer } from '../../../../src/kafka/native/produce/sequencer.ts';
import { ModelBroker, type Reply, type Wire } from './modelBroker.ts';
import type { Fault, Plan } from './plan.ts';

export interface Cargo extends Sequenced {
  readonly records: readonly number[];
}

export interface Outcome {
  readonly stopped: StopReason | undefined;
  readonly log: readonly number[];
  readonly acknowledged: readonly number[];
  /** What was acknowledged when the topic was made anew. */
  readonly gone: ReadonlySet<number>;
  readonly refused: readonly number[];
  readonly complaints: readonly string[];
}

const cargoOf = (records: readonly number[]): Cargo => ({
  records,
  count: records.length,
  sequence: -1,
  inFlight: false,
  last: 'unsent',
  doubt: 'none',
});

interface OnTheWay {
  readonly cargo: Cargo;
  readonly wire: Wire;
}

const MAX_STEPS = 2_000;

export class Simulation {
  readonly #plan: Plan;
  readonly #sequencer: Sequencer<Cargo>;
  readonly #broker: ModelBroker;
  readonly #acknowledged: number[] = [];
  readonly #refused: number[] = [];
  readonly #complaints: string[] = [];
  /** What each record was last sent as, and whether the broker has said no to it since. */
  readonly #sentAs = new Map<number, { name: string; answered: boolean }>();
  readonly #waiting: Cargo[];
  #way: OnTheWay[] = [];
  #late: { wire: Wire; after: number } | undefined;
  #served = 0;
  #ids = 100;
  #stopped: StopReason | undefined;
  #remade = false;
  #gone: ReadonlySet<number> = new Set();

  constructor(plan: Plan, sequencer: Sequencer<Cargo>) {
    this.#plan = plan;
    this.#sequencer = sequencer;
    this.#broker = new ModelBroker(plan.rules);
    let record = 0;
    this.#waiting = plan.batches.map((count) => cargoOf(Array.from({ length: count }, () => record++)));
    sequencer.renewed({ producerId: this.#ids, producerEpoch: 0 });
  }

  run(): Outcome {
    for (let i = 0; i < this.#plan.early; i++) this.#handOver();
    for (let step = 0; this.#stopped === undefined; step++) {
      if (step > MAX_STEPS) {
        this.#complaints.push('it never ends');
        break;
      }
      this.#send();
      if (this.#way.length > 0) this.#serve();
      else if (this.#waiting.length === 0) break;
      this.#handOver();
    }
    if (this.#stopped === undefined && !this.#sequencer.idle) this.#complaints.push('it stands still');
    return {
      stopped: this.#stopped,
      log: this.#broker.records,
      acknowledged: this.#acknowledged,
      gone: this.#gone,
      refused: this.#refused,
      complaints: this.#complaints,
    };
  }

  #handOver(): void {
    const cargo = this.#waiting.shift();
    if (cargo !== undefined) this.#sequencer.add(cargo);
  }

  #send(): void {
    do {
      const cargo = this.#sequencer.next(0);
      if (cargo === undefined) return;
      const wire = { ...this.#sequencer.identity, sequence: cargo.sequence, records: cargo.records };
      this.#watchNumbers(wire);
      this.#way.push({ cargo, wire });
      if (this.#way.length > 5) this.#complaints.push('more than five in flight');
    } while (this.#plan.hurry?.() ?? true);
  }

  /** No record gets another number before the broker has said no to the batch it was last sent in. */
  #watchNumbers({ producerId, producerEpoch, sequence, records }: Wire): void {
    records.forEach((record, index) => {
      const name = `${producerId}/${producerEpoch}/${(sequence + index) % 2 ** 31}`;
      const before = this.#sentAs.get(record);
      if (before !== undefined && before.name !== name && !before.answered)
        this.#complaints.push(`record ${record} was renumbered before it was answered for`);
      this.#sentAs.set(record, { name, answered: false });
    });
  }

  #serve(): void {
    const fault = this.#plan.faults.get(this.#served++) ?? 'none';
    if (this.#late !== undefined && this.#served > this.#late.after) {
      this.#broker.produce(this.#late.wire);
      this.#late = undefined;
    }
    const { cargo, wire } = this.#way.shift()!;
    switch (fault) {
      case 'not-enough-replicas':
        this.#answer(cargo, { kind: 'not-now' });
        return;
      case 'not-leader':
      case 'left-out-unwritten':
        this.#answer(cargo, { kind: 'unknown' });
        return;
      case 'written-but-unsure':
      case 'written-then-not-leader':
      case 'left-out-written':
        this.#reply(cargo, this.#broker.produce(wire), { kind: 'unknown' });
        return;
      case 'none':
      case 'forget':
      case 'fence':
      case 'tighten':
      case 'remake':
        if (fault !== 'none') this.#broker[fault]();
        if (fault === 'remake') {
          this.#remade = true;
          this.#gone = new Set(this.#acknowledged);
        }
        this.#reply(cargo, this.#broker.produce(wire));
        return;
      default:
        this.#lose(fault, { cargo, wire });
    }
  }

  #lose(fault: Fault, first: OnTheWay): void {
    const lost = [first, ...this.#way];
    this.#way = [];
    if (fault === 'lost-after') this.#broker.produce(first.wire);
    if (fault === 'lost-after-all' || fault === 'restart')
      for (const { wire } of lost) this.#broker.produce(wire);
    if (fault === 'restart') this.#broker.restart();
    if (fault === 'truncate') this.#broker.truncate();
    // A broker that had read a request serves it even after its connection is gone.
    if (fault === 'late') this.#late = { wire: first.wire, after: this.#served + 1 };
    for (const { cargo } of lost) this.#answer(cargo, { kind: 'unknown' });
  }

  /** `instead` is what is heard of a batch that was written. */
  #reply(cargo: Cargo, reply: Reply, instead?: Answer<Cargo>): void {
    if (reply.kind === 'too-large' || reply.kind === 'refused') {
      const indexes = reply.kind === 'refused' ? reply.indexes : [];
      this.#answer(cargo, { kind: 'unfit', parts: this.#partsOf(cargo.records, indexes) });
    } else {
      this.#answer(cargo, (reply.kind === 'written' && instead) || reply);
    }
  }

  #partsOf(records: readonly number[], refused: readonly number[]): Cargo[] {
    if (refused.length > 0) {
      const ends = [...refused, records.length];
      this.#refused.push(...refused.map((index) => records[index]!));
      return ends
        .map((end, n) => records.slice(n === 0 ? 0 : ends[n - 1]! + 1, end))
        .filter((part) => part.length > 0)
        .map(cargoOf);
    }
    if (records.length === 1) {
      this.#refused.push(records[0]!);
      return [];
    }
    const middle = records.length >>> 1;
    return [records.slice(0, middle), records.slice(middle)].map(cargoOf);
  }

  #answer(cargo: Cargo, answer: Answer<Cargo>): void {
    if (answer.kind !== 'unknown')
      for (const record of cargo.records) this.#sentAs.get(record)!.answered = true;
    for (const effect of this.#sequencer.answered(cargo, answer, 0)) this.#take(effect);
  }

  #take(effect: Effect<Cargo>): void {
    switch (effect.kind) {
      case 'acknowledged':
        for (const record of effect.batch.records) {
          if (!this.#broker.records.includes(record)) this.#complaints.push(`${record} is not in the log`);
          if (this.#acknowledged.includes(record)) this.#complaints.push(`${record} is acknowledged again`);
        }
        this.#acknowledged.push(...effect.batch.records);
        return;
      case 'renew':
        this.#sequencer.renewed({ producerId: ++this.#ids, producerEpoch: 0 });
        return;
      case 'rewound': {
        const remade = this.#remade;
        this.#remade = false;
        for (const next of this.#sequencer.compared(remade)) this.#take(next);
        return;
      }
      case 'stop':
        this.#stopped = effect.reason;
        return;
      default:
        effect satisfies never;
    }
  }
}
