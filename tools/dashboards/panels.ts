/** Panels as this project draws them: a question as title, what the answer means as description, a unit, and queries. */

import * as common from '@grafana/grafana-foundation-sdk/common';
import { GraphDrawStyle, GraphGradientMode, StackingMode } from '@grafana/grafana-foundation-sdk/common';
import {
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

/** By what a dashboard's user chose. Every query says its pipeline, or it would add up strangers. */
export const PIPELINE = 'pipeline="$pipeline"';
export const REPLICA = `${PIPELINE}, instance=~"$replica"`;

export const DATASOURCE: common.DataSourceRef = { type: 'prometheus', uid: '$datasource' };

interface Shown {
  readonly title: string;
  readonly description: string;
  /** Of @grafana/grafana-foundation-sdk/units. */
  readonly unit: string;
  /** Of 24; default 12. */
  readonly width?: number;
  /** Default 8. */
  readonly height?: number;
}

/** What a line is called, `{{label}}` being its value, and what it shows. */
type Lines = Readonly<Record<string, string>>;

/** Something the SDK builds: Grafana's own type of it is generic over what a panel may hold. */
export interface Builder {
  build(): Panel;
}

interface Plot extends Shown {
  readonly lines: Lines;
  readonly stacked?: boolean;
  readonly max?: number;
  /** Values are counts or shares: nothing below nought. Default true. */
  readonly fromZero?: boolean;
}

export function plot(shown: Plot): Builder {
  const panel = new timeseries.PanelBuilder()
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(1)
    .fillOpacity(shown.stacked ? 60 : 8)
    .gradientMode(GraphGradientMode.None)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    );
  if (shown.stacked) panel.stacking(new common.StackingConfigBuilder().mode(StackingMode.Normal));
  if (shown.fromZero ?? true) panel.min(0);
  if (shown.max !== undefined) panel.max(shown.max);
  return described(panel, shown).targets(targets(shown.lines));
}

interface Figure extends Shown {
  readonly query: string;
  /** From which value on it is amber, and red; where less is worse, the red one is the smaller. */
  readonly amber?: number;
  readonly red?: number;
  readonly noValue?: string;
}

export function figure(shown: Figure): Builder {
  const panel = new stat.PanelBuilder()
    .graphMode(common.BigValueGraphMode.Area)
    .colorMode(common.BigValueColorMode.Value)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .noValue(shown.noValue ?? 'unknown')
    .thresholds(thresholds(shown));
  return described(panel, { width: 4, height: 5, ...shown }).targets(targets({ '': shown.query }));
}

/** The distribution of a histogram over time; the query gives the increase of each bucket. */
export function distribution(shown: Shown & { readonly query: string }): Builder {
  const panel = new heatmap.PanelBuilder()
    .calculate(false)
    .yAxis(new heatmap.YAxisConfigBuilder().unit(shown.unit))
    .color(
      new heatmap.HeatmapColorOptionsBuilder()
        .mode(heatmap.HeatmapColorMode.Scheme)
        .scheme('Blues')
        .steps(64),
    );
  const [target] = targets({ '{{le}}': shown.query });
  return described(panel, shown).targets([target!.format(PromQueryFormat.Heatmap)]);
}

interface Table extends Shown {
  /** Column of figures by its name. Rows are what the queries have in common. */
  readonly columns: Lines;
  /** Labels that are not shown. */
  readonly without?: readonly string[];
}

/** One row for each set of labels, one column for each query, as things are now. */
export function list(shown: Table): Builder {
  const columns = Object.keys(shown.columns);
  // Grafana names the column of a query by its letter as soon as there are several.
  const value = (at: number) => (columns.length === 1 ? 'Value' : `Value #${refId(at)}`);
  const names = columns.map((column, at) => [value(at), column] as const);
  const excluded = ['Time', ...(shown.without ?? [])].map((label) => [label, true] as const);
  const panel = new table.PanelBuilder().filterable(true).transformations([
    { id: 'merge', options: {} },
    {
      id: 'organize',
      options: {
        excludeByName: Object.fromEntries(excluded),
        renameByName: Object.fromEntries(names),
      },
    },
  ]);
  const queries = targets(shown.columns).map((target) =>
    target.format(PromQueryFormat.Table).instant().legendFormat(''),
  );
  return described(panel, shown).targets(queries);
}

type Drawn = timeseries.PanelBuilder | stat.PanelBuilder | heatmap.PanelBuilder | table.PanelBuilder;

function described<P extends Drawn>(
  panel: P,
  { title, description, unit, width = 12, height = 8 }: Shown,
): P {
  panel.title(title).description(description).unit(unit).span(width).height(height).datasource(DATASOURCE);
  return panel;
}

function targets(lines: Lines): DataqueryBuilder[] {
  return Object.entries(lines).map(([legend, query], at) =>
    new DataqueryBuilder().expr(query).legendFormat(legend).refId(refId(at)).range().datasource(DATASOURCE),
  );
}

function refId(at: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + at);
}

function thresholds({ amber, red }: Figure): ThresholdsConfigBuilder {
  const isLessWorse = red !== undefined && amber !== undefined && red < amber;
  const steps = isLessWorse
    ? [
        { value: null, color: 'red' },
        { value: red, color: 'orange' },
        { value: amber, color: 'green' },
      ]
    : [
        { value: null, color: 'green' },
        ...(amber === undefined ? [] : [{ value: amber, color: 'orange' }]),
        ...(red === undefined ? [] : [{ value: red, color: 'red' }]),
      ];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}
