/** Writes docs/metrics.md from the metrics registry: `node tools/metricsDoc.ts`. */
import { writeFileSync } from 'node:fs';
import { createMetrics } from '../src/telemetry/metrics.ts';

export async function metricsDoc(): Promise<string> {
  // With every option on, so that no metric is left out.
  const { registry } = createMetrics({ version: '', processMetrics: false, sloP99Ms: 100 });
  const text = await registry.metrics();
  const rows = registry.getMetricsAsArray().map((metric) => {
    const type = new RegExp(`^# TYPE ${metric.name} (.*)$`, 'm').exec(text)![1];
    const help = new RegExp(`^# HELP ${metric.name} (.*)$`, 'm').exec(text)![1];
    // prom-client keeps the label names of a metric and does not declare them.
    const { labelNames = [] } = metric as { labelNames?: readonly string[] };
    return `| \`${metric.name}\` | ${type} | ${labelNames.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
  });
  return `# Metrics

\`GET /metrics\` answers in Prometheus’ text format. Times are in seconds, sizes in bytes; every label has a bounded set of values.
Beside these stand the metrics of the process itself (\`process_*\`, \`nodejs_*\`: memory, CPU, garbage collection, event loop delay).
This page is made from \`src/telemetry/metrics.ts\` by \`node tools/metricsDoc.ts\`.

| name | type | labels | what it tells |
|---|---|---|---|
${rows.join('\n')}

## What to watch

- **Behind**: \`sum(tidemark_partition_lag)\` grows. More replicas help as long as there are partitions without a member of their own.
- **Slow**: \`rate(tidemark_slo_breaches_total[5m]) / rate(tidemark_event_latency_seconds_count[5m]) > 0.01\` means that the objective
  \`slo.p99\` is missed. \`tidemark_batch_wait_seconds\`, \`tidemark_score_seconds\` and \`tidemark_delivery_seconds\` say where the time goes.
- **Rejecting**: \`rate(tidemark_rejections_total[5m]) > 0\`, by \`code\`; [errors](errors.md) says what each means.
- **Waiting**: \`tidemark_paused == 1\`, by \`dependency\`.
- **Not scoring at all**: \`tidemark_state{state="running"} == 0\`, or no \`rate(tidemark_events_total[5m])\` while there is lag.
`;
}

if (import.meta.main) writeFileSync('docs/metrics.md', await metricsDoc());
