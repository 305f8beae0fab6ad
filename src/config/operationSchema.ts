/** What the pipeline file says about seeing and steering a running pipeline. Part of `fileSchema`. */
import { z } from 'zod';
import * as leaf from './leaves.ts';

export const slo = leaf.section({
  p99: leaf.duration().describe('Time within which 99 of 100 events are scored and acknowledged.'),
  from: leaf
    .word(['event', 'record'])
    .describe('What latency is counted from: the event’s own time (`input.time`) or the record’s timestamp.')
    .default('record'),
});

const httpSection = leaf.section({
  // Metrics and health have no credentials, so nothing but this machine sees them unless someone says so.
  host: leaf
    .text('a host name or address')
    .describe(
      'Address to listen on. The default is this machine alone; containers whose probes come from outside need `0.0.0.0`.',
    )
    .default('127.0.0.1'),
  port: leaf.whole(0, 65_535).describe('Port to listen on; 0 takes a free one.').default(9464),
});

export const http = z.union([z.literal('off'), httpSection], {
  error: 'a mapping with host and port, or the word off',
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

export const log = leaf.section({
  level: leaf
    .word(['debug', 'info', 'warn', 'error', 'silent'])
    .describe('The least severe events that are logged.')
    .default('info'),
});
