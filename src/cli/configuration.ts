import { formatFaults } from '../config/faults.ts';
import { loadConfig } from '../config/load.ts';
import type { PipelineConfig } from '../config/pipelineConfig.ts';
import { paint } from './output.ts';

/** Loads a pipeline file. When it has faults, prints them all, sets exit status 2 and returns undefined. */
export function loadOrExplain(file: string): PipelineConfig | undefined {
  const loaded = loadConfig(file);
  if (!loaded.ok) {
    process.stderr.write(
      formatFaults(file, loaded.faults, { colour: process.stderr.hasColors?.() ?? false }),
    );
    process.exitCode = 2;
    return undefined;
  }
  for (const { path, line, message } of loaded.warnings) {
    process.stderr.write(
      `${paint('yellow', 'warning')} ${file}${line === undefined ? '' : `:${line}`} ${path} ${message}\n`,
    );
  }
  return loaded.config;
}
