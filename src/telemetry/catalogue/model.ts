import { counter, gauge, histogram } from './declare.ts';

/** Label values of one metric; what comes behind them is counted as `other`. */
export const MAX_NAMES = 200;
export const OTHER = 'other';

/** Outputs that have a histogram each. */
export const MAX_OUTPUTS = 20;

const output = `a numeric output of the model, the first ${MAX_OUTPUTS}`;
const feature = `one of the model’s first ${MAX_NAMES} features, or ${OTHER} for the rest`;

/** What scores, what it is given and what it gives. */
export const model = {
  modelInfo: gauge('model_info', 'Always 1; the model that scores.', {
    name: 'of the model package',
    version: 'of the model package',
    digest: 'of the model package, its first 16 digits',
  }),
  modelOutput: histogram(
    'model_output',
    'Values of each numeric output, per row scored: in steps of 0.05 when all golden values of the output are within 0 and 1, else in even steps over the golden range and half as much on either side.',
    { output },
  ),
  decisions: counter(
    'decisions_total',
    'Events by what was decided.',
    {
      decision: `one of the pipeline’s decisions, the first ${MAX_NAMES}, or ${OTHER}`,
    },
    { onlyWith: 'decision in the pipeline’s file' },
  ),
  featureMissing: counter(
    'feature_missing_total',
    'Events in which a feature was null, absent or NaN, whether that was filled in or rejected.',
    { feature },
  ),
  featureUnknown: counter(
    'feature_unknown_total',
    'Events in which a feature held none of its categories, whether that was filled in or rejected.',
    { feature },
  ),
  outputNotFinite: counter(
    'output_not_finite_total',
    'Rows for which an output was NaN or infinite; they are in no bucket of tidemark_model_output.',
    { output },
  ),
};
