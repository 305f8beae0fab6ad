/** For who is on call: is it keeping up, why not, and where to look. */
import { PercentUnit, RecordsPerSecond, Seconds, Short } from '@grafana/grafana-foundation-sdk/units';
import type { Page } from './frame.ts';
import { distribution, figure, list, PIPELINE, plot, REPLICA } from './panels.ts';

const quantile = (q: number) =>
  `histogram_quantile(${q}, sum by (le) (rate(tidemark_event_latency_seconds_bucket{${REPLICA}}[$__rate_interval])))`;

const part = (name: string) =>
  `sum(rate(tidemark_latency_part_seconds_sum{${REPLICA}, part="${name}"}[$__rate_interval]))
/ sum(rate(tidemark_latency_part_seconds_count{${REPLICA}, part="${name}"}[$__rate_interval]))`;

const keepingUp = [
  figure({
    title: 'Events scored a second',
    description: 'Scored, and acknowledged by all in-sync replicas of the output partition.',
    unit: RecordsPerSecond,
    query: `sum(rate(tidemark_events_total{${REPLICA}, outcome="scored"}[$__rate_interval]))`,
  }),
  figure({
    title: 'Records waiting',
    description:
      'Lag of the whole group by Kafka’s own data; without it, of the partitions that are held. It should return to nought by itself.',
    unit: Short,
    query: `max(tidemark_group_lag_records{${PIPELINE}})
or sum(max by (partition) (tidemark_partition_lag_records{${PIPELINE}}))`,
  }),
  figure({
    title: 'The oldest waits for',
    description: 'Age of the oldest record without an outcome, of all partitions.',
    unit: Seconds,
    query: `max(tidemark_partition_lag_seconds{${PIPELINE}})`,
    amber: 30,
    red: 300,
  }),
  figure({
    title: 'In time, last hour',
    description: 'Share of events within slo.p99. 99% is the objective; below it the budget is being spent.',
    unit: PercentUnit,
    query: `1 - sum(increase(tidemark_slo_breaches_total{${PIPELINE}}[1h]))
/ sum(increase(tidemark_event_latency_seconds_count{${PIPELINE}}[1h]))`,
    amber: 0.99,
    red: 0.98,
    noValue: 'no objective, or no events',
  }),
  figure({
    title: 'Replicas that run',
    description: 'Replicas in the state running. Paused and starting ones are not counted.',
    unit: Short,
    query: `sum(tidemark_state{${PIPELINE}, state="running"})`,
    amber: 1,
    red: 0.5,
    noValue: 'none',
  }),
  figure({
    title: 'Alerts',
    description: 'Alerts of this pipeline that fire now; the list is below.',
    unit: Short,
    query: `count(ALERTS{alertname=~"Tidemark.*", alertstate="firing", ${PIPELINE}}) or vector(0)`,
    red: 1,
  }),
  plot({
    title: 'Does what arrives get scored?',
    description:
      'Events a second by what became of them, and what arrives in the topic. Arrival above the sum means lag.',
    unit: RecordsPerSecond,
    lines: {
      '{{outcome}}': `sum by (outcome) (rate(tidemark_events_total{${REPLICA}}[$__rate_interval]))`,
      arrives: `max(tidemark_group_arrival_rate{${PIPELINE}})`,
    },
  }),
  plot({
    title: 'Latency against the objective',
    description:
      'From the event (slo.from) to the acknowledged score. The 99th percentile should stay below the objective.',
    unit: Seconds,
    lines: {
      'half of events': quantile(0.5),
      '99 of 100': quantile(0.99),
      '999 of 1000': quantile(0.999),
      objective: `max(tidemark_slo_p99_seconds{${PIPELINE}})`,
    },
  }),
  plot({
    title: 'How fast is the budget spent?',
    description:
      'Share of late events by window, in multiples of the one in a hundred that may be. The alerts page at 14.4 (one hour) and 6 (six hours).',
    unit: Short,
    lines: {
      'five minutes': `pipeline:tidemark_slo_breaches:ratio_rate5m{${PIPELINE}} / 0.01`,
      'one hour': `pipeline:tidemark_slo_breaches:ratio_rate1h{${PIPELINE}} / 0.01`,
      'six hours': `pipeline:tidemark_slo_breaches:ratio_rate6h{${PIPELINE}} / 0.01`,
      'three days': `pipeline:tidemark_slo_breaches:ratio_rate3d{${PIPELINE}} / 0.01`,
    },
  }),
  plot({
    title: 'Enough replicas?',
    description:
      'Members of the group, and how many would be enough for what arrives and what waits; never more than partitions.',
    unit: Short,
    lines: {
      there: `max(tidemark_group_members{${PIPELINE}})`,
      wanted: `max(tidemark_replicas_wanted{${PIPELINE}})`,
      running: `sum(tidemark_state{${PIPELINE}, state="running"})`,
    },
  }),
];

const time = [
  plot({
    title: 'Where does an event’s time go?',
    description:
      'Mean per event: in Kafka until it arrives, waiting for its batch, being scored, being produced and acknowledged. They add up to the latency.',
    unit: Seconds,
    stacked: true,
    lines: {
      'in Kafka': part('kafka'),
      'for the batch': part('batch'),
      scoring: part('score'),
      producing: part('produce'),
    },
  }),
  distribution({
    title: 'Latency of events',
    description:
      'How many events took how long. Two bands are two kinds of events, or two kinds of replicas.',
    unit: Seconds,
    query: `sum by (le) (increase(tidemark_event_latency_seconds_bucket{${REPLICA}}[$__rate_interval]))`,
  }),
  plot({
    title: 'Rows of a batch',
    description: 'Mean rows scored together. Few rows at full load: batching.max_delay closes batches early.',
    unit: Short,
    lines: {
      mean: `sum(rate(tidemark_batch_rows_sum{${REPLICA}}[$__rate_interval]))
/ sum(rate(tidemark_batch_rows_count{${REPLICA}}[$__rate_interval]))`,
    },
  }),
  plot({
    title: 'Why do batches close?',
    description: 'full: max_rows. due: max_delay. drained and ending: the work in hand of leases that end.',
    unit: Short,
    stacked: true,
    lines: {
      '{{closed}}': `sum by (closed) (rate(tidemark_batches_total{${REPLICA}}[$__rate_interval]))`,
    },
  }),
];

const partitions = [
  list({
    title: 'What does each partition do?',
    description: 'Of each held partition: what waits, how long the oldest has, and how fast it is committed.',
    unit: Short,
    width: 24,
    columns: {
      'records waiting': `max by (partition, instance) (tidemark_partition_lag_records{${REPLICA}})`,
      'oldest, seconds': `max by (partition, instance) (tidemark_partition_lag_seconds{${REPLICA}})`,
      'committed a second': `max by (partition, instance) (deriv(tidemark_committed_offset{${REPLICA}}[5m]))`,
    },
  }),
  plot({
    title: 'Which partitions are behind?',
    description:
      'Age of the oldest record without an outcome, the ten worst. One alone is stuck or hot; all together are too much work.',
    unit: Seconds,
    lines: {
      'partition {{partition}}': `topk(10, max by (partition) (tidemark_partition_lag_seconds{${REPLICA}}) > 0)`,
    },
  }),
  plot({
    title: 'Where do records wait?',
    description: 'Records not yet committed, the ten partitions with most of them.',
    unit: Short,
    lines: {
      'partition {{partition}}': `topk(10, max by (partition) (tidemark_partition_lag_records{${REPLICA}}) > 0)`,
    },
  }),
  plot({
    title: 'Who holds how many partitions?',
    description: 'Leases of each replica. Uneven: a replica is missing, or there are few partitions.',
    unit: Short,
    stacked: true,
    lines: { '{{instance}}': `sum by (instance) (tidemark_leases{${REPLICA}})` },
  }),
  list({
    title: 'Stopped partitions',
    description: 'Held, but read no further, with the code that says why. Empty is good.',
    unit: Short,
    columns: {
      stopped: `max by (partition, code, instance) (tidemark_partition_stopped{${REPLICA}}) == 1`,
    },
  }),
];

const rejected = [
  plot({
    title: 'What cannot be scored, and why?',
    description: 'Events a second that go to the dead-letter topic, by code; docs/errors.md explains each.',
    unit: RecordsPerSecond,
    stacked: true,
    lines: { '{{code}}': `sum by (code) (rate(tidemark_rejections_total{${REPLICA}}[$__rate_interval]))` },
  }),
  plot({
    title: 'Share of dead letters',
    description: 'Of all events with an outcome. The alerts look at 1% and 25% over a quarter of an hour.',
    unit: PercentUnit,
    lines: {
      'dead letters': `sum(rate(tidemark_events_total{${REPLICA}, outcome="dead_lettered"}[$__rate_interval]))
/ sum(rate(tidemark_events_total{${REPLICA}}[$__rate_interval]))`,
    },
  }),
  plot({
    title: 'What is skipped?',
    description: 'Tombstones and records of other types: counted, not scored, by design.',
    unit: RecordsPerSecond,
    stacked: true,
    lines: { '{{reason}}': `sum by (reason) (rate(tidemark_skips_total{${REPLICA}}[$__rate_interval]))` },
  }),
  list({
    title: 'Alerts that fire',
    description: 'docs/alerts.md says of each what it means and what to do.',
    unit: Short,
    columns: { firing: `ALERTS{alertname=~"Tidemark.*", alertstate="firing", ${PIPELINE}}` },
    without: ['__name__', 'pipeline', 'alertstate'],
  }),
];

const states = [
  plot({
    title: 'What do replicas wait for?',
    description:
      'Share of time paused, by reason: a dependency that is down (source, sink, registry), or a command.',
    unit: PercentUnit,
    max: 1,
    lines: {
      '{{instance}}: {{reason}}': `sum by (instance, reason) (rate(tidemark_paused_seconds_total{${REPLICA}}[$__rate_interval])) > 0`,
    },
  }),
  plot({
    title: 'States',
    description: 'How many replicas are starting, running, paused, draining.',
    unit: Short,
    stacked: true,
    lines: { '{{state}}': `sum by (state) (tidemark_state{${REPLICA}})` },
  }),
  list({
    title: 'Which model scores where?',
    description: 'Model of each replica. More than one version outside of an update is an alert.',
    unit: Short,
    columns: {
      replicas: `count by (name, version, digest, instance) (tidemark_model_info{${REPLICA}})`,
    },
  }),
  list({
    title: 'What runs where?',
    description: 'Client, delivery, group and topic of each replica.',
    unit: Short,
    columns: {
      replicas: `count by (instance, client, delivery, group, topic) (tidemark_pipeline_info{${REPLICA}})`,
    },
  }),
];

export const overview: Page = {
  uid: 'tidemark-overview',
  title: 'Tidemark: overview',
  description: 'Is the pipeline keeping up, why not, and where to look.',
  rows: {
    'Is it keeping up?': keepingUp,
    'Where does the time go?': time,
    Partitions: partitions,
    'Rejected and skipped': rejected,
    'Pauses, states and models': states,
  },
};
