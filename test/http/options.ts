import type { ReplicaView } from '../../src/http/api/replica.ts';
import type { HttpParts } from '../../src/http/parts.ts';
import type { HttpOptions } from '../../src/http/server.ts';
import { Health } from '../../src/telemetry/health.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { SimulatedTelemetry } from '../support/simulationTelemetry.ts';

export const parts: HttpParts = {
  replica: async (sinceMs) => ({ since: sinceMs }) as unknown as ReplicaView,
  rejections: () => ({ keptPerCode: 50, rejections: [] }),
};

/** What a server needs, open on the loopback, with no parts that may be absent. */
export function httpOptions(changes: Partial<HttpOptions> = {}): HttpOptions {
  return {
    host: '127.0.0.1',
    port: 0,
    metrics: createMetrics({ pipeline: 'p', version: '0.0.0', processMetrics: false }),
    health: new Health(),
    telemetry: new SimulatedTelemetry(),
    access: { loopback: true },
    parts,
    ...changes,
  };
}
