import { DemoError } from './demoError.ts';

const REGISTRY_TIMEOUT_MS = 10_000;

/** Registers a schema, or finds it registered, and gives its id. */
export async function register(subject: string, schema: string, registryUrl: string): Promise<number> {
  const response = await fetch(`${registryUrl}/subjects/${encodeURIComponent(subject)}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema }),
    signal: AbortSignal.timeout(REGISTRY_TIMEOUT_MS),
  });
  if (!response.ok) {
    throw new DemoError(`The registry refused ${subject}: ${response.status} ${await response.text()}`);
  }
  const { id } = (await response.json()) as { id: number };
  return id;
}
