/**
 * One partition's log by the rules of Kafka's ProducerStateManager, as far as an idempotent producer meets them, and the
 * ways in which it may go wrong. Records are numbers.
 */

export interface Wire {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly sequence: number;
  readonly records: readonly number[];
}

export type Reply =
  | { readonly kind: 'written'; readonly baseOffset: number }
  | { readonly kind: 'out-of-order' }
  | { readonly kind: 'disowned' }
  | { readonly kind: 'too-large' }
  /** `indexes` is empty when the broker does not say which (before KIP-467). */
  | { readonly kind: 'refused'; readonly indexes: readonly number[] };

interface Entry extends Wire {
  readonly baseOffset: number;
}

interface ProducerState {
  epoch: number;
  /** The last batches; five at most are recognised. */
  batches: Entry[];
}

export interface BrokerRules {
  /** Records that are never taken. */
  readonly bad: ReadonlySet<number>;
  readonly namesBad: boolean;
  readonly maxRecords: number;
  /** Answers UNKNOWN_PRODUCER_ID to a producer it does not know, as brokers before KIP-360 do, instead of believing it. */
  readonly strict: boolean;
}

export const GENEROUS: BrokerRules = { bad: new Set(), namesBad: true, maxRecords: 100, strict: false };

const SEQUENCES = 2 ** 31;
const CACHED = 5;

export class ModelBroker {
  log: Entry[] = [];
  #bad: Set<number>;
  #maxRecords: number;
  readonly #rules: BrokerRules;
  #state = new Map<number, ProducerState>();
  #endOffset = 0;

  constructor(rules: BrokerRules) {
    this.#rules = rules;
    this.#bad = new Set(rules.bad);
    this.#maxRecords = rules.maxRecords;
  }

  get records(): number[] {
    return this.log.flatMap((entry) => entry.records);
  }

  /** The order of the checks is the broker's: size, contents, repetition, epoch, sequence. */
  produce(wire: Wire): Reply {
    if (wire.records.length > this.#maxRecords) return { kind: 'too-large' };
    const indexes = wire.records.flatMap((record, index) => (this.#bad.has(record) ? [index] : []));
    if (indexes.length > 0) return { kind: 'refused', indexes: this.#rules.namesBad ? indexes : [] };
    const state = this.#state.get(wire.producerId);
    if (state === undefined) {
      if (this.#rules.strict && wire.sequence !== 0) return { kind: 'disowned' };
      return this.#append(wire);
    }
    const repeated =
      wire.producerEpoch === state.epoch &&
      state.batches.find(
        (entry) => entry.sequence === wire.sequence && entry.records.length === wire.records.length,
      );
    if (repeated) return { kind: 'written', baseOffset: repeated.baseOffset };
    if (wire.producerEpoch < state.epoch) return { kind: 'disowned' };
    if (wire.producerEpoch > state.epoch) {
      return wire.sequence === 0 ? this.#append(wire) : { kind: 'out-of-order' };
    }
    const last = state.batches.at(-1);
    const due = last === undefined ? 0 : (last.sequence + last.records.length) % SEQUENCES;
    return wire.sequence === due ? this.#append(wire) : { kind: 'out-of-order' };
  }

  #append(wire: Wire): Reply {
    const entry = { ...wire, baseOffset: this.#endOffset };
    this.#endOffset += wire.records.length;
    this.log.push(entry);
    const known = this.#state.get(wire.producerId);
    const batches = known?.epoch === wire.producerEpoch ? known.batches : [];
    this.#state.set(wire.producerId, {
      epoch: wire.producerEpoch,
      batches: [...batches, entry].slice(-CACHED),
    });
    return { kind: 'written', baseOffset: entry.baseOffset };
  }

  /** An orderly restart: a snapshot keeps the last batch of each producer only. */
  restart(): void {
    for (const state of this.#state.values()) state.batches = state.batches.slice(-1);
  }

  /** The producer's state expired, though its records are there. */
  forget(): void {
    this.#state.clear();
  }

  /** Somebody wrote with our producer id and a higher epoch. */
  fence(): void {
    for (const state of this.#state.values()) {
      state.epoch++;
      state.batches = [];
    }
  }

  /** An unclean election: the new leader has not the last batch, and its state of producers is that of its log. */
  truncate(): void {
    this.log.pop();
    const kept = this.log;
    this.log = [];
    this.#state = new Map();
    this.#endOffset = 0;
    for (const entry of kept) this.#append(entry);
  }

  /** The topic was deleted and made anew under the same name. */
  remake(): void {
    this.log = [];
    this.#state.clear();
    this.#endOffset = 0;
  }

  /** From now on odd records are refused, and batches of more than two. */
  tighten(): void {
    for (let record = 1; record < 64; record += 2) this.#bad.add(record);
    this.#maxRecords = 2;
  }
}
