/** What the model is given and what it says. */
import { PercentUnit, Short } from '@grafana/grafana-foundation-sdk/units';
import type { Page } from './frame.ts';
import { distribution, figure, list, PIPELINE, plot, REPLICA } from './panels.ts';

const read = `sum(rate(tidemark_events_total{${REPLICA}, outcome!="skipped"}[$__rate_interval]))`;

const output = (q: number) =>
  `histogram_quantile(${q}, sum by (output, le) (rate(tidemark_model_output_bucket{${REPLICA}}[$__rate_interval])))`;

const outputs = [
  figure({
    title: 'Models in use',
    description:
      'Distinct packages that score this pipeline, by digest. More than one outside of an update is an alert.',
    unit: Short,
    query: `count(count by (digest) (tidemark_model_info{${PIPELINE}}))`,
    amber: 2,
  }),
  figure({
    title: 'Farthest from an hour ago',
    description:
      'Share of values that lie elsewhere than an hour ago, of the output that moved most. The alert fires at 20%.',
    unit: PercentUnit,
    query: `max(pipeline_output:tidemark_model_output:shift1h{${PIPELINE}})`,
    amber: 0.1,
    red: 0.2,
  }),
  figure({
    title: 'Farthest from yesterday',
    description: 'The same against this time yesterday.',
    unit: PercentUnit,
    query: `max(pipeline_output:tidemark_model_output:shift1d{${PIPELINE}})`,
    amber: 0.1,
    red: 0.2,
  }),
  figure({
    title: 'No numbers',
    description: 'Rows of the last hour for which an output was NaN or infinite.',
    unit: Short,
    query: `sum(increase(tidemark_output_not_finite_total{${PIPELINE}}[1h]))`,
    red: 1,
  }),
  list({
    title: 'Models',
    description: 'Name, version, digest, and how many replicas score with it.',
    unit: Short,
    width: 8,
    height: 5,
    columns: { replicas: `count by (name, version, digest) (tidemark_model_info{${REPLICA}})` },
  }),
  distribution({
    title: 'Values of $output',
    description: 'How many rows had which value of the output that is chosen above.',
    unit: Short,
    query: `sum by (le) (increase(tidemark_model_output_bucket{${REPLICA}, output=~"$output"}[$__rate_interval]))`,
  }),
  plot({
    title: 'Mean of each output',
    description: 'A step is a new model, another population, or a feature that broke.',
    unit: Short,
    fromZero: false,
    lines: {
      '{{output}}': `sum by (output) (rate(tidemark_model_output_sum{${REPLICA}}[$__rate_interval]))
/ sum by (output) (rate(tidemark_model_output_count{${REPLICA}}[$__rate_interval]))`,
    },
  }),
  plot({
    title: 'Spread of each output',
    description: 'Median and the 99th of a hundred, within a bucket by interpolation.',
    unit: Short,
    fromZero: false,
    lines: { '{{output}}: half': output(0.5), '{{output}}: 99 of 100': output(0.99) },
  }),
  plot({
    title: 'How far from before?',
    description:
      'Largest difference between the distribution of half an hour and that of an hour before, and a day before: 0 is the same, 1 nothing in common.',
    unit: PercentUnit,
    max: 1,
    lines: {
      '{{output}}: an hour': `pipeline_output:tidemark_model_output:shift1h{${PIPELINE}}`,
      '{{output}}: a day': `pipeline_output:tidemark_model_output:shift1d{${PIPELINE}}`,
    },
  }),
];

const decisions = [
  plot({
    title: 'What is decided?',
    description: 'Share of each decision.',
    unit: PercentUnit,
    stacked: true,
    max: 1,
    lines: {
      '{{decision}}': `sum by (decision) (rate(tidemark_decisions_total{${REPLICA}}[$__rate_interval]))
/ on () group_left () sum(rate(tidemark_decisions_total{${REPLICA}}[$__rate_interval]))`,
    },
  }),
  plot({
    title: 'Decisions, now and a day before',
    description: 'Share over half an hour, as the alerts see it.',
    unit: PercentUnit,
    lines: {
      '{{decision}}': `pipeline_decision:tidemark_decisions:share30m{${PIPELINE}}`,
      '{{decision}}, a day before': `pipeline_decision:tidemark_decisions:share30m{${PIPELINE}} offset 1d`,
    },
  }),
];

const features = [
  plot({
    title: 'Which features are missing?',
    description:
      'Share of events in which the feature was null or absent and was filled in or rejected; the ten most.',
    unit: PercentUnit,
    lines: {
      '{{feature}}': `topk(10, sum by (feature) (rate(tidemark_feature_missing_total{${REPLICA}}[$__rate_interval]))
/ on () group_left () ${read} > 0)`,
    },
  }),
  plot({
    title: 'Which features have unknown values?',
    description: 'Share of events with a category that the model was not trained on; the ten most.',
    unit: PercentUnit,
    lines: {
      '{{feature}}': `topk(10, sum by (feature) (rate(tidemark_feature_unknown_total{${REPLICA}}[$__rate_interval]))
/ on () group_left () ${read} > 0)`,
    },
  }),
  list({
    title: 'Features, now and before',
    description: 'Share of events in which each feature was missing or unknown, over half an hour.',
    unit: PercentUnit,
    width: 24,
    height: 10,
    columns: {
      missing: `max by (feature) (pipeline_feature:tidemark_feature_missing:share30m{${PIPELINE}})`,
      'missing, an hour before': `max by (feature) (pipeline_feature:tidemark_feature_missing:share30m{${PIPELINE}} offset 1h)`,
      'missing, a day before': `max by (feature) (pipeline_feature:tidemark_feature_missing:share30m{${PIPELINE}} offset 1d)`,
      unknown: `max by (feature) (pipeline_feature:tidemark_feature_unknown:share30m{${PIPELINE}})`,
      'unknown, an hour before': `max by (feature) (pipeline_feature:tidemark_feature_unknown:share30m{${PIPELINE}} offset 1h)`,
      'unknown, a day before': `max by (feature) (pipeline_feature:tidemark_feature_unknown:share30m{${PIPELINE}} offset 1d)`,
    },
  }),
];

export const model: Page = {
  uid: 'tidemark-model',
  title: 'Tidemark: model',
  description: 'What the model is given and what it says, now and before.',
  choices: [['output', 'Output', `label_values(tidemark_model_output_count{${PIPELINE}}, output)`]],
  rows: { Outputs: outputs, Decisions: decisions, Features: features },
};
