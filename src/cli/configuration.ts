import { formatFaults, formatWarning } from '../config/faults.ts';
import { loadConfig } from '../config/load.ts';
import type { PipelineConfig } from '../config/pipelineConfig.ts';
import { wantsColour } from './output.ts';

export interface Explained {
  readonly config: PipelineConfig;
  /** What works but its author should know, each with its place. */
  readonly warnings: readonly string[];
}

/** Loads a pipeline file. When it has faults, prints them all, sets exit status 2 and returns undefined. */
export function loadOrExplain(file: string): Explained | undefined {
  const loaded = loadConfig(file);
  if (!loaded.ok) {
    process.stderr.write(formatFaults(file, loaded.faults, { colour: wantsColour(process.stderr) }));
    process.exitCode = 2;
    return undefined;
  }
  const warnings = loaded.warnings.map((warning) => formatWarning(file, warning));
  return { config: loaded.config, warnings };
}
