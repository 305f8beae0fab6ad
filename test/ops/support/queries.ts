/** Every query of a dashboard: of its panels, its annotations and its variables. */
import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';

export interface Asked {
  /** Title of the panel, or name of what asks. */
  readonly by: string;
  /** With values in place of Grafana's variables. */
  readonly query: string;
  /** What the result is called, where it has a name. */
  readonly legend: string;
}

/** The answer has to be PromQL for whatever somebody chooses; these are chosen here. */
export interface Chosen {
  readonly pipeline: string;
  /** A regular expression. */
  readonly replica: string;
}

export function queriesOf(dashboard: Dashboard, chosen: Chosen = { pipeline: 'p', replica: '.*' }): Asked[] {
  const asked = [
    ...panelsOf(dashboard).flatMap(({ title, targets = [] }) =>
      (targets as Dataquery[]).map((target) => ({
        by: title!,
        query: target.expr ?? '',
        legend: target.legendFormat ?? '',
      })),
    ),
    ...(dashboard.annotations?.list ?? []).map(({ name, expr = '' }) => ({
      by: `annotation ${name}`,
      query: expr,
      legend: '',
    })),
    ...(dashboard.templating?.list ?? []).flatMap(({ name, query }) => {
      const [, series] = /^label_values\((.*), \w+\)$/.exec(String(query)) ?? [];
      return series === undefined ? [] : [{ by: name, query: series, legend: '' }];
    }),
  ];
  return asked.map((each) => ({ ...each, query: filledIn(each.query, chosen) }));
}

export function panelsOf({ panels = [] }: Dashboard): Panel[] {
  return panels.flatMap((panel) => (isRow(panel) ? panel.panels : [panel]));
}

function isRow(panel: Panel | RowPanel): panel is RowPanel {
  return panel.type === 'row';
}

function filledIn(query: string, { pipeline, replica }: Chosen): string {
  return query
    .replaceAll('$pipeline', pipeline)
    .replaceAll('$replica', replica)
    .replaceAll('$output', '.*')
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', '1h');
}
