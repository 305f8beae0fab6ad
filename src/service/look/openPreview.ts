import type { ReaderParts } from '../../avro/readers.ts';
import type { Registry } from '../../avro/registry.ts';
import type { PipelineConfig } from '../../config/pipelineConfig.ts';
import { loadProved } from '../proved.ts';
import { type EventSchema, eventSchemaThere } from '../subjects.ts';
import { Preview } from './preview.ts';

export interface OpenedPreview {
  readonly preview: Preview;
  readonly eventSchema: EventSchema;
  /** What serves, and the pipeline's author should know all the same. */
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

/**
 * Loads and proves what a pipeline is made of, as `run` does before its first record. The registry is asked only when the
 * configuration has no `input.schema`. `readFrom` gives the place where writer schemas are found.
 * Throws E-CONTRACT, a fault of the model package, or one of the registry.
 */
export async function openPreview(
  config: PipelineConfig,
  registry: Pick<Registry, 'latest'>,
  readFrom: (schema: EventSchema) => ReaderParts['registry'],
): Promise<OpenedPreview> {
  const proved = await loadProved(config, () => eventSchemaThere(config, registry));
  const { eventSchema, warnings } = proved;
  const { scorer } = proved.model;
  try {
    const preview = new Preview({ config, proved, registry: readFrom(eventSchema) });
    return { preview, eventSchema, warnings, close: () => scorer.close() };
  } catch (cause) {
    await scorer.close();
    throw cause;
  }
}
