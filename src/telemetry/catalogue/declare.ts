/**
 * How a metric is declared: once. The registry, docs/metrics.md and the checks of alert rules and dashboards follow from the
 * declaration, so that none of them can know of a metric or label that the others do not.
 */

export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary';

/** The label's values where they are few and fixed; otherwise what they are, in words. Either way they are bounded. */
export type LabelValues = readonly string[] | string;

export interface Declared<Type extends MetricType, Label extends string> {
  readonly type: Type;
  readonly name: string;
  /** One sentence, in base units: seconds and bytes. */
  readonly help: string;
  readonly labels: Readonly<Record<Label, LabelValues>>;
  /** What it takes for the metric to be there, for one that not every process has. */
  readonly onlyWith?: string;
}

/** Every metric says which pipeline it is of, beside its own labels. */
export const PIPELINE_LABEL = 'pipeline';

const PREFIX = 'tidemark_';

interface More {
  readonly onlyWith?: string;
}

export function counter<Label extends string = never>(
  name: `${string}_total`,
  help: string,
  labels = {} as Readonly<Record<Label, LabelValues>>,
  more: More = {},
): Declared<'counter', Label> {
  return { type: 'counter', name: PREFIX + name, help, labels, ...more };
}

export function gauge<Label extends string = never>(
  name: string,
  help: string,
  labels = {} as Readonly<Record<Label, LabelValues>>,
  more: More = {},
): Declared<'gauge', Label> {
  return { type: 'gauge', name: PREFIX + name, help, labels, ...more };
}

export function histogram<Label extends string = never>(
  name: string,
  help: string,
  labels = {} as Readonly<Record<Label, LabelValues>>,
  more: More = {},
): Declared<'histogram', Label> {
  return { type: 'histogram', name: PREFIX + name, help, labels, ...more };
}

export function summary(
  name: string,
  help: string,
  quantiles: readonly string[],
  more: More = {},
): Declared<'summary', 'quantile'> {
  return { type: 'summary', name: PREFIX + name, help, labels: { quantile: quantiles }, ...more };
}
