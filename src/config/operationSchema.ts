/** What the pipeline file says about seeing and steering a running pipeline. Part of `fileSchema`. */
import { z } from 'zod';
import { LOG_LEVELS } from '../telemetry/logLevels.ts';
import { tls } from './connectionSchema.ts';
import * as leaf from './leaves.ts';

export const slo = leaf.section({
  p99: leaf.duration().describe('Time within which 99 of 100 events are scored and acknowledged.'),
  from: leaf
    .word(['event', 'record'])
    .describe('What latency is counted from: the event’s own time (`input.time`) or the record’s timestamp.')
    .default('record'),
});

const httpSection = leaf.section({
  // Nothing but this machine sees a pipeline unless someone says so.
  host: leaf
    .text('a host name or address')
    .describe(
      'Address to listen on. The default is this machine alone; containers whose probes come from outside need `0.0.0.0`.',
    )
    .default('127.0.0.1'),
  port: leaf.whole(0, 65_535).describe('Port to listen on; 0 takes a free one.').default(9464),
  read_token: leaf
    .httpToken()
    .describe(
      'Token for metrics, the API and the console, as `Authorization: Bearer`. Needed where `host` is not this machine alone; `/healthz` and `/readyz` never need it. Secret.',
    )
    .optional(),
  change_token: leaf
    .httpToken()
    .describe(
      'Token for commands, another than `read_token`; it lets its holder read too. Absent: no commands over HTTP, except on this machine alone without `read_token`. Secret.',
    )
    .optional(),
});

export const http = z.union([z.literal('off'), httpSection], {
  error: 'a mapping with host, port and tokens, or the word off',
});

export const scaling = leaf.section({
  drain_in: leaf
    .duration()
    .describe('Time in which what waits should be scored, besides what arrives meanwhile.')
    .prefault('5m'),
  max_replicas: leaf
    .whole(1, 10_000)
    .describe('Most replicas that are ever advised. Default: as many as the input topic has partitions.')
    .optional(),
});

const TRACES_PATH = '/v1/traces';

export const tracing = leaf.section({
  endpoint: leaf
    .httpUrl()
    .refine((url) => !url.endsWith(TRACES_PATH), {
      error: `the collector’s base URL; ${TRACES_PATH} is added to it`,
    })
    .describe(
      `Base URL of an OpenTelemetry collector that takes OTLP over HTTP; traces are posted to \`${TRACES_PATH}\` below it.`,
    ),
  headers: leaf
    .secretHeaders('the header’s value')
    .describe('HTTP headers of each request, such as `authorization`. Their values are secret.')
    .optional(),
  tls: tls.describe('TLS settings for an https URL; absent: the system’s authorities.').optional(),
  sample: leaf
    .share()
    .describe(
      'Share of the events that their producer does not trace which are traced all the same, from 0 to 1.',
    )
    .default(0),
  max_per_second: leaf
    .whole(1, 10_000)
    .describe('Events traced in a second at most, whatever their producers trace.')
    .default(50),
});

export const control = leaf.section({
  topic: leaf
    .topic()
    .describe(
      'Topic of the commands to the group, its present state kept by compaction. Several pipelines may share it.',
    ),
  audit_topic: leaf
    .topic()
    .describe('Topic that keeps who asked for what and why, and what each process did about it.'),
});

export const log = leaf.section({
  level: leaf.word(LOG_LEVELS).describe('The least severe events that are logged.').default('info'),
});
