/** What this client can do, told without loading it. */
import type { ClientCapabilities } from '../../pipeline/ports.ts';

export const nativeCapabilities: ClientCapabilities = {
  name: 'native',
  deliveries: ['at-least-once'],
  readCommitted: 'full',
  drainsBeforeRevoke: 'full',
  staticMembership: true,
  compression: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  seek: true,
};

/** Unless its sink is told otherwise. */
export const DEFAULT_MAX_RECORD_BYTES = 32 * 1024 * 1024;
export const MAX_REQUEST_BYTES = 8 * 1024 * 1024;
