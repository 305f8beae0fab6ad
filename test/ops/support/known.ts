/** What queries may ask for: the metrics of the catalogue, those of the process, and what Prometheus and our rules add. */

import { declarations } from '../../../src/telemetry/catalogue/catalogue.ts';
import { PIPELINE_LABEL } from '../../../src/telemetry/catalogue/declare.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { parseQuery } from './promql.ts';

/** Metrics by name, with the labels that each can have. */
export type Known = ReadonlyMap<string, ReadonlySet<string>>;

/** Set by whoever scrapes, on everything. */
const TARGET = ['job', 'instance'];
const SUFFIXES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  counter: { '': [] },
  gauge: { '': [] },
  histogram: { _bucket: ['le'], _sum: [], _count: [] },
  summary: { '': ['quantile'], _sum: [], _count: [] },
};

export function knownMetrics(recorded: readonly string[] = []): Known {
  const known = new Map<string, ReadonlySet<string>>([
    ['up', new Set(TARGET)],
    ['ALERTS', new Set(['alertname', 'alertstate', 'severity', PIPELINE_LABEL])],
  ]);
  const add = (name: string, type: string, labels: readonly string[]) => {
    for (const [suffix, more] of Object.entries(SUFFIXES[type]!))
      known.set(name + suffix, new Set([...labels, ...more, PIPELINE_LABEL, ...TARGET]));
  };
  for (const { name, type, labels } of declarations) add(name, type, Object.keys(labels));
  const { registry } = createMetrics({ pipeline: 'any', version: '0.0.0' });
  for (const metric of registry.getMetricsAsArray()) {
    if (known.has(metric.name) || known.has(`${metric.name}_count`)) continue;
    const { labelNames = [] } = metric as { labelNames?: readonly string[] };
    add(metric.name, String(metric.type), labelNames);
  }
  // level:metric:operations, and the level is the labels that are left.
  for (const name of recorded) known.set(name, new Set(name.split(':')[0]!.split('_')));
  return known;
}

/** What is wrong with a query: a sentence for whatever it asks for that nothing tells. */
export function faultsOfQuery(text: string, known: Known): string[] {
  const { uses, grouping, faults } = parseQuery(text);
  const possible = new Set(uses.flatMap(({ metric }) => [...(known.get(metric) ?? [])]));
  return [
    ...faults,
    ...(uses.length === 0 ? [`asks for no metric: ${text}`] : []),
    ...uses.flatMap(({ metric, labels }) => {
      const has = known.get(metric);
      if (has === undefined) return [`there is no metric ${metric}`];
      return labels.filter((label) => !has.has(label)).map((label) => `${metric} has no label ${label}`);
    }),
    ...grouping
      .filter((label) => !possible.has(label))
      .map((label) => `no metric here has a label ${label}: ${text}`),
  ];
}
