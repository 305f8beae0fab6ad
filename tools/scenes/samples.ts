import { type Sample, samplesOf } from '../demo/exposition.ts';

type Labels = Readonly<Record<string, string>>;

/** What one answer of /metrics says. */
export class Samples {
  readonly #samples: readonly Sample[];

  constructor(text: string) {
    this.#samples = samplesOf(text);
  }

  /** Samples of a metric, without the prefix `tidemark_`, that have these labels among theirs. */
  all(name: string, labels: Labels = {}): readonly Sample[] {
    return this.#samples.filter(
      (sample) =>
        sample.name === `tidemark_${name}` &&
        Object.entries(labels).every(([label, value]) => sample.labels.get(label) === value),
    );
  }

  /** Of the only one; undefined where there is none. */
  value(name: string, labels: Labels = {}): number | undefined {
    return this.all(name, labels)[0]?.value;
  }

  sum(name: string, labels: Labels = {}): number {
    return this.all(name, labels).reduce((total, { value }) => total + value, 0);
  }

  /** Values of a label among the samples of a metric that are not 0. */
  values(name: string, label: string): string[] {
    return this.all(name).flatMap(({ labels, value }) => (value === 0 ? [] : [labels.get(label)!]));
  }
}
