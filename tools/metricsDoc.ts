/** Writes docs/metrics.md from the catalogue of metrics: `node tools/metricsDoc.ts`. */
import { writeFileSync } from 'node:fs';
import { declarations } from '../src/telemetry/catalogue/catalogue.ts';
import { type LabelValues, PIPELINE_LABEL } from '../src/telemetry/catalogue/declare.ts';
import { MAX_NAMES } from '../src/telemetry/catalogue/model.ts';

export function metricsDoc(): string {
  const rows = declarations.map(
    ({ name, type, labels, help, onlyWith }) =>
      `| \`${name}\` | ${type} | ${labelsText(labels)} | ${help}${onlyWith === undefined ? '' : ` Only with ${onlyWith}.`} |`,
  );
  return `# Metrics

After this page you know what Tidemark tells of itself, and what to look at when something is wrong.

\`GET /metrics\` answers in Prometheus’ text format. Times are in seconds, sizes in bytes. Every metric has the label \`${PIPELINE_LABEL}\`, the
name of the pipeline, beside its own. All labels have bounded values: of features and decisions the first ${MAX_NAMES} are told by name, the
rest together as \`other\`. Beside these stand the metrics of the process itself (\`process_*\`, \`nodejs_*\`: memory, CPU, garbage collection),
except in a pipeline inside a process of somebody else’s. This page is made from \`src/telemetry/catalogue/\` by \`node tools/metricsDoc.ts\`.

| name | type | labels | what it tells |
|---|---|---|---|
${rows.join('\n')}

A gauge is missing as long as its value is not known: what is shown as 0 is 0.

## What to watch

- **Behind**: \`sum by (pipeline) (tidemark_partition_lag_records)\` grows, or \`tidemark_partition_lag_seconds\` is more than you can wait. More
  replicas help as long as there are partitions without a member of their own.
- **Slow**: \`rate(tidemark_slo_breaches_total[5m]) / rate(tidemark_event_latency_seconds_count[5m]) > 0.01\` means that the objective
  \`slo.p99\` is missed. The objective is a bound of the histogram, so this is exact.
- **Where the time goes**: \`rate(tidemark_latency_part_seconds_sum[5m]) / rate(tidemark_latency_part_seconds_count[5m])\` by \`part\`. The parts of an event
  add up to its latency. \`kafka\` ends when the pipeline takes the block that the event is in, so that it has what was fetched ahead and waits
  its turn; with \`slo.from: event\` it begins before the producer sent the event. \`batch\` has waiting for a writer schema.
  \`tidemark_arrival_latency_seconds\` is the other three together: what this process is to answer for.
- **Rejecting**: \`rate(tidemark_rejections_total[5m]) > 0\`, by \`code\`; [errors](errors.md) says what each means.
- **Waiting**: \`tidemark_paused == 1\`, by \`reason\`; \`rate(tidemark_paused_seconds_total[1h])\` is the share of time that was lost so.
- **Not scoring at all**: \`tidemark_state{state="running"} == 0\`, or no \`rate(tidemark_events_total[5m])\` while there is lag.
- **A partition stands still**: \`tidemark_partition_stopped == 1\`, by \`code\`, or \`tidemark_partition_lag_seconds\` grows by a second a second.
- **The event loop is late**: \`tidemark_event_loop_delay_seconds{quantile="1"}\` in the range of \`kafka.session_timeout\` costs leases.

## What the model sees

- **Scores**: \`rate(tidemark_model_output_bucket[5m])\` by \`le\` is their distribution, for each numeric output. A jump of
  \`rate(tidemark_model_output_sum[5m]) / rate(tidemark_model_output_count[5m])\` is a jump of the mean.
- **Decisions**: \`rate(tidemark_decisions_total[5m])\` by \`decision\`, as a share of their sum.
- **Features**: \`rate(tidemark_feature_missing_total[5m])\`, held against \`rate(tidemark_events_total{outcome!="skipped"}[5m])\`, is the share of events without
  the feature, and \`tidemark_feature_unknown_total\` the share with a category that the model does not know. Both count what was filled in and what
  was rejected for it. Of an event that is rejected, what stands behind the reason is not known and not counted.
- **No numbers**: \`rate(tidemark_output_not_finite_total[5m]) > 0\`.

These count what was read and scored here; \`tidemark_events_total\` counts what was acknowledged. What is read again after a rebalance is counted
twice by the former.
`;
}

function labelsText(labels: Readonly<Record<string, LabelValues>>): string {
  return Object.entries(labels)
    .map(([label, values]) => `\`${label}\`: ${typeof values === 'string' ? values : values.join(', ')}`)
    .join('; ');
}

if (import.meta.main) writeFileSync('docs/metrics.md', metricsDoc());
