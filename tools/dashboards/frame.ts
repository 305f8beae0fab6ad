/** What all dashboards have in common: what one chooses at the top, links to the others, alerts drawn into the plots. */
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { type Builder, DATASOURCE, PIPELINE } from './panels.ts';

export interface Page {
  /** Names the file, and the dashboard in links. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** What one chooses beside pipeline and replica: its name, what it is called, and where its values are found. */
  readonly choices?: readonly (readonly [name: string, label: string, query: string])[];
  /** Panels by the heading they stand under, in order. */
  readonly rows: Readonly<Record<string, readonly Builder[]>>;
}

const TAG = 'tidemark';

export function dashboardOf({ uid, title, description, choices = [], rows }: Page): Dashboard {
  const dashboard = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .timezone('browser')
    .time({ from: 'now-1h', to: 'now' })
    .refresh('10s')
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder('Tidemark')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .includeVars(true)
        .keepTime(true),
    )
    .annotation(firing())
    .variables([
      new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
      chosenFrom('pipeline', 'Pipeline', 'label_values(tidemark_build_info, pipeline)'),
      chosenFrom('replica', 'Replica', `label_values(tidemark_build_info{${PIPELINE}}, instance)`)
        .multi(true)
        .includeAll(true)
        .allValue('.*')
        .current({ selected: true, text: ['All'], value: ['$__all'] }),
      ...choices.map(([name, label, query]) => chosenFrom(name, label, query)),
    ]);
  for (const [heading, panels] of Object.entries(rows)) {
    dashboard.withRow(new RowBuilder(heading));
    for (const panel of panels) dashboard.withPanel(panel);
  }
  return dashboard.build();
}

function chosenFrom(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .query(query)
    .datasource(DATASOURCE)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}

function firing(): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name('Alerts')
    .datasource(DATASOURCE)
    .enable(true)
    .iconColor('red')
    .expr(`ALERTS{alertname=~"Tidemark.*", alertstate="firing", ${PIPELINE}}`);
}
