import type { Metric, Registry } from 'prom-client';
import { MAX_NAMES, OTHER } from './catalogue/model.ts';

export interface BulkCounterOptions {
  readonly name: string;
  readonly help: string;
  readonly label: string;
}

const NO_SLOT = -1;

/**
 * A Prometheus counter with one label, fed with an array that has a place per label value, so that a batch with a thousand
 * features does not look up a thousand labels. Its values are named once, by what is known when the model is: at most
 * MAX_NAMES of them, what comes behind is counted as `other`.
 */
export class BulkCounter {
  readonly name: string;
  readonly help: string;
  readonly type = 'counter';
  readonly aggregator = 'sum';
  readonly #label: string;
  #names: readonly string[] = [];
  /** By place in what is added: its place among the names, or NO_SLOT. */
  #slots = new Int32Array(0);
  #totals = new Float64Array(0);

  constructor(registry: Registry, { name, help, label }: BulkCounterOptions) {
    this.name = name;
    this.help = help;
    this.#label = label;
    registry.registerMetric(this as unknown as Metric);
  }

  /** Says what each place of the arrays to come is called: the same name is counted together, undefined not at all. */
  places(named: readonly (string | undefined)[]): void {
    const known = [...new Set(named.filter((name) => name !== undefined))];
    const shown = known.slice(0, MAX_NAMES);
    this.#names = shown.length < known.length ? [...new Set([...shown, OTHER])] : shown;
    const slotOf = new Map(this.#names.map((name, slot) => [name, slot]));
    const other = slotOf.get(OTHER) ?? NO_SLOT;
    this.#slots = Int32Array.from(named, (name) =>
      name === undefined ? NO_SLOT : (slotOf.get(name) ?? other),
    );
    this.#totals = new Float64Array(this.#names.length);
  }

  /** Adds what was counted, place by place. */
  add(counts: Uint32Array): void {
    for (let place = 0; place < this.#slots.length; place++) this.addAt(place, counts[place]!);
  }

  addAt(place: number, count: number): void {
    const slot = this.#slots[place]!;
    if (slot !== NO_SLOT) this.#totals[slot]! += count;
  }

  async get() {
    const { name, help, type, aggregator } = this;
    const values = this.#names.map((value, i) => ({
      labels: { [this.#label]: value },
      value: this.#totals[i]!,
    }));
    return { name, help, type, values, aggregator };
  }

  reset(): void {
    this.#totals.fill(0);
  }
}
