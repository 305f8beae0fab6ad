import { formatFaults, formatWarning } from '../config/faults.ts';
import { loadConfig, loadDefinition } from '../config/load.ts';
import type { PipelineDefinition } from '../config/pipelineDefinition.ts';
import { TidemarkError } from '../errors.ts';
import { EmbeddedPipeline } from './embedded.ts';
import type { Pipeline, PipelineOptions } from './embedding.ts';
import { nodeFault } from './nodeVersion.ts';
import { Service } from './service.ts';

/**
 * A pipeline as `tidemark run` runs it, inside this process; `start` starts it.
 * @param definition path of a pipeline file, or an object with its keys; paths in it are relative to the working directory
 * @throws TidemarkError E-CONFIG with every fault of the definition
 */
export function createPipeline(
  definition: string | PipelineDefinition,
  options: PipelineOptions = {},
): Pipeline {
  const unfit = nodeFault();
  if (unfit !== undefined) throw new Error(unfit);
  const isFile = typeof definition === 'string';
  const loaded = isFile ? loadConfig(definition) : loadDefinition(definition);
  const [name, whole] = isFile ? [definition, 'The file'] : ['the definition', 'The definition'];
  if (!loaded.ok) throw new TidemarkError('E-CONFIG', formatFaults(name, loaded.faults, { whole }).trimEnd());
  const warnings = loaded.warnings.map((warning) => formatWarning(name, warning));
  const { logger, http = false, untilEnd = false, killWhenStuck = false } = options;
  return new EmbeddedPipeline(
    new Service(loaded.config, { logger, http, untilEnd, killWhenStuck, processMetrics: false, warnings }),
  );
}
