import { TidemarkError } from '../errors.ts';
import type { ClientCapabilities, Compression } from '../pipeline/ports.ts';

export interface WantedCapabilities {
  readonly delivery: 'at-least-once' | 'exactly-once';
  readonly compression: Compression;
  readonly staticMembership: boolean;
}

/** Refuses, before anything is read, what the client cannot do: E-KAFKA-CAPABILITY, one sentence each. */
export function missingCapabilities(client: ClientCapabilities, wanted: WantedCapabilities): TidemarkError[] {
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
  return missing.map(
    (what) => new TidemarkError('E-KAFKA-CAPABILITY', `client ${client.name} cannot do ${what}`),
  );
}
