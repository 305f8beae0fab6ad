/** What this client can do, told without loading it. */
import type { ClientCapabilities } from '../../pipeline/ports.ts';

export const kafkajsCapabilities: ClientCapabilities = {
  name: 'kafkajs',
  deliveries: ['at-least-once'],
  readCommitted: 'partial',
  drainsBeforeRevoke: 'partial',
  staticMembership: false,
  compression: ['none', 'gzip'],
  seek: false,
};

/** Unless its sink is told otherwise. */
export const DEFAULT_MAX_RECORD_BYTES = 32 * 1024 * 1024;
