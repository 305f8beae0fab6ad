import type { HistogramSeries } from './bulkHistogram.ts';
import { MAX_OUTPUTS } from './catalogue/model.ts';
import type { ModelFacts, ModelRows } from './events.ts';
import type { Metrics } from './metrics.ts';

/** What the model sees and says, counted once a batch. */
export class ModelWatch {
  readonly #metrics: Metrics;
  /** By output; undefined for text, and for those beyond the bound. */
  #outputs: (HistogramSeries | undefined)[] = [];

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  began({ name, version, digest, features, outputs, decisions }: ModelFacts): void {
    const { modelInfo, modelOutput, outputNotFinite, featureMissing, featureUnknown } = this.#metrics;
    modelInfo.set({ name, version, digest }, 1);
    let shown = 0;
    this.#outputs = outputs.map((output) =>
      output.bounds === undefined || ++shown > MAX_OUTPUTS
        ? undefined
        : modelOutput.series(output.bounds, { output: output.name }),
    );
    outputNotFinite.places(outputs.map((output, i) => (this.#outputs[i] ? output.name : undefined)));
    featureMissing.places(features.map((feature) => feature.name));
    featureUnknown.places(features.map((feature) => (feature.hasCategories ? feature.name : undefined)));
    this.#metrics.decisions.places(decisions);
  }

  ran({ rows, outputs, missing, unknown, decided }: ModelRows): void {
    const { outputNotFinite, featureMissing, featureUnknown, decisions } = this.#metrics;
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i]!;
      const series = this.#outputs[i];
      if (output.kind === 'string' || series === undefined) continue;
      const counted = series.observe(output.values, rows);
      if (counted < rows) outputNotFinite.addAt(i, rows - counted);
    }
    featureMissing.add(missing);
    featureUnknown.add(unknown);
    decisions.add(decided);
  }
}
