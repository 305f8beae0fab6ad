import type { ClientCapabilities, Compression } from '../pipeline/ports.ts';

export interface WantedCapabilities {
  readonly delivery: 'at-least-once' | 'exactly-once';
  readonly compression: Compression;
  readonly staticMembership: boolean;
}

/** What the client cannot do of what is wanted, one sentence each. */
export function missingCapabilities(client: ClientCapabilities, wanted: WantedCapabilities): string[] {
  const missing: string[] = [];
  if (!client.deliveries.includes(wanted.delivery)) {
    missing.push(`delivery: ${wanted.delivery}; it offers ${client.deliveries.join(', ')}`);
  }
  if (!client.compression.includes(wanted.compression)) {
    missing.push(`compression: ${wanted.compression}; it offers ${client.compression.join(', ')}`);
  }
  if (wanted.staticMembership && !client.staticMembership) {
    missing.push('static membership (kafka.instance_id)');
  }
  return missing.map((what) => `client ${client.name} cannot do ${what}`);
}
