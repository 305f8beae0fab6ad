/** What each process takes, and what it holds. */
import {
  BytesIEC,
  BytesPerSecondIEC,
  PercentUnit,
  RecordsPerSecond,
  Seconds,
  Short,
} from '@grafana/grafana-foundation-sdk/units';
import type { Page } from './frame.ts';
import { list, plot, REPLICA } from './panels.ts';

const byReplica = (query: string) => ({ '{{instance}}': query });

const machine = [
  plot({
    title: 'Processor',
    description: 'Cores in use by each replica. One is all a replica can use for scoring: at one it is full.',
    unit: PercentUnit,
    lines: byReplica(`rate(process_cpu_seconds_total{${REPLICA}}[$__rate_interval])`),
  }),
  plot({
    title: 'Memory',
    description: 'Resident memory of each replica, with the model, buffers and the heap.',
    unit: BytesIEC,
    lines: byReplica(`process_resident_memory_bytes{${REPLICA}}`),
  }),
  plot({
    title: 'JavaScript heap',
    description: 'In use after what garbage collection leaves. A line that only rises is a leak.',
    unit: BytesIEC,
    lines: byReplica(`nodejs_heap_size_used_bytes{${REPLICA}}`),
  }),
  plot({
    title: 'Garbage collection',
    description: 'Share of time spent collecting garbage.',
    unit: PercentUnit,
    lines: byReplica(
      `sum by (instance) (rate(nodejs_gc_duration_seconds_sum{${REPLICA}}[$__rate_interval]))`,
    ),
  }),
  plot({
    title: 'Event loop delay',
    description:
      'How long heartbeats and sockets wait for their turn, in one of a hundred cases and at the worst. The alert fires at 250 ms.',
    unit: Seconds,
    lines: {
      '{{instance}}: 99 of 100': `tidemark_event_loop_delay_seconds{${REPLICA}, quantile="0.99"}`,
      '{{instance}}: the most': `tidemark_event_loop_delay_seconds{${REPLICA}, quantile="1"}`,
    },
  }),
  plot({
    title: 'File descriptors',
    description: 'Open files and sockets as a share of what the process may open.',
    unit: PercentUnit,
    lines: byReplica(`process_open_fds{${REPLICA}} / process_max_fds{${REPLICA}}`),
  }),
];

const held = [
  plot({
    title: 'Held between fetch and acknowledgement',
    description:
      'Share of batching.max_in_flight. At 100% reading waits for scoring or delivery: that is back-pressure at work.',
    unit: PercentUnit,
    lines: byReplica(`tidemark_in_flight_bytes{${REPLICA}} / tidemark_in_flight_bytes_limit{${REPLICA}}`),
  }),
  plot({
    title: 'Events in hand',
    description: 'Events between fetch and acknowledgement.',
    unit: Short,
    lines: byReplica(`tidemark_in_flight_events{${REPLICA}}`),
  }),
  plot({
    title: 'Scored by each replica',
    description:
      'One that does less than the others has fewer partitions, fewer events in them, or a slower machine.',
    unit: RecordsPerSecond,
    lines: {
      '{{instance}}': `sum by (instance) (rate(tidemark_events_total{${REPLICA}, outcome="scored"}[$__rate_interval]))`,
      'what one could': `max(tidemark_replica_service_rate{${REPLICA}})`,
    },
  }),
  plot({
    title: 'Delivered',
    description: 'Bytes a second of acknowledged records, as encoded.',
    unit: BytesPerSecondIEC,
    lines: byReplica(`rate(tidemark_delivered_bytes_total{${REPLICA}}[$__rate_interval])`),
  }),
];

const group = [
  plot({
    title: 'Generation of the group',
    description: 'Each step is a rebalance. Many steps: members come and go.',
    unit: Short,
    fromZero: false,
    lines: byReplica(`tidemark_generation{${REPLICA}}`),
  }),
  plot({
    title: 'Commits refused',
    description: 'The group had moved on; those records are scored again. A few at a rebalance are normal.',
    unit: Short,
    lines: byReplica(`increase(tidemark_commit_refused_total{${REPLICA}}[5m])`),
  }),
  plot({
    title: 'Restarts',
    description: 'Starts of each process within an hour.',
    unit: Short,
    lines: byReplica(`changes(process_start_time_seconds{${REPLICA}}[1h])`),
  }),
  plot({
    title: 'Warnings',
    description: 'Told in the log with the same code.',
    unit: Short,
    stacked: true,
    lines: { '{{code}}': `sum by (code) (increase(tidemark_warnings_total{${REPLICA}}[5m]))` },
  }),
  plot({
    title: 'Writer schemas',
    description: 'Fetched and compiled since the start, and those whose events cannot be read, by code.',
    unit: Short,
    lines: {
      loaded: `sum(tidemark_schemas_loaded_total{${REPLICA}})`,
      'unusable: {{code}}': `sum by (code) (tidemark_schemas_unusable_total{${REPLICA}})`,
    },
  }),
  list({
    title: 'Versions',
    description: 'Of Tidemark and Node.js in each replica.',
    unit: Short,
    columns: { replicas: `count by (instance, version, node) (tidemark_build_info{${REPLICA}})` },
  }),
];

export const processes: Page = {
  uid: 'tidemark-processes',
  title: 'Tidemark: processes',
  description: 'What each replica takes of its machine, what it holds, and how the group fares.',
  rows: { 'The machine': machine, 'In hand': held, 'Group, schemas, versions': group },
};
