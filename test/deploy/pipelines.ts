/** The pipelines of k8s/ and docker-compose.yml, loaded as they are where they run: with their files and variables. */

import { formatFaults } from '../../src/config/faults.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { PipelineConfig } from '../../src/config/pipelineConfig.ts';
import type { readBoundedFile } from '../../src/config/references.ts';
import { type Manifest, oneOf } from './manifests.ts';

export interface Loaded extends PipelineConfig {
  readonly warnings: readonly unknown[];
  /** What is read by ${file:...}. */
  readonly files: readonly string[];
}

/** What stands in for a mounted file. No two secrets are the same, and a token has to be long. */
export function mounted(path: string): string {
  return path.endsWith('ca.crt') ? CERTIFICATE : `${path.replaceAll('/', '.')}.0123456789abcdef`;
}

/** @param of where it stands, for messages */
export function load(text: string, of: string, env: Readonly<Record<string, string>> = {}): Loaded {
  const files: string[] = [];
  const readFile: typeof readBoundedFile = (path) => {
    files.push(path);
    return { text: mounted(path) };
  };
  const loaded = parseConfig(text, of, { env, readFile });
  if (!loaded.ok) throw new Error(formatFaults(of, loaded.faults));
  return { ...loaded.config, warnings: loaded.warnings, files };
}

export function loadPipeline(objects: readonly Manifest[]): Loaded {
  const { data } = oneOf(objects, 'ConfigMap') as unknown as { data: Record<string, string> };
  return load(data['pipeline.yaml']!, 'pipeline.yaml', { POD_NAME: 'tidemark-0' });
}

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----';
