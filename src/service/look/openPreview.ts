import { parseSchemaText, type SchemaReference } from '../../avro/parseSchema.ts';
import type { ReaderParts } from '../../avro/readers.ts';
import type { Registry } from '../../avro/registry.ts';
import type { AvroNode } from '../../avro/schema.ts';
import type { PipelineConfig } from '../../config/pipelineConfig.ts';
import { TidemarkError } from '../../errors.ts';
import type { ModelPackage } from '../../model/package.ts';
import { contractError, proveContract } from '../contract.ts';
import { loadMaterials, type Materials, modelFacts } from '../materials.ts';
import { inputSubject } from '../subjects.ts';
import { Preview } from './preview.ts';

/** The schema that the events are written in, as far as the pipeline knows. */
export interface EventSchema {
  readonly text: string;
  readonly references: readonly SchemaReference[];
  readonly node: AvroNode;
}

export interface OpenedPreview {
  readonly preview: Preview;
  readonly eventSchema: EventSchema;
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
  const materials = await loadMaterials(config);
  const { model, outputSchema, faults } = materials;
  try {
    if (model === undefined || outputSchema === undefined || faults.length > 0) throw contractError(faults);
    const eventSchema = await eventSchemaOf(config, materials, registry);
    const proof = proveContract(config, modelFacts(model), outputSchema.node, eventSchema.node);
    if (proof.faults.length > 0) throw contractError(proof.faults);
    const { scorer }: ModelPackage = model;
    const { contract } = proof;
    const preview = new Preview({ config, contract, outputSchema, scorer, registry: readFrom(eventSchema) });
    return { preview, eventSchema, close: () => scorer.close() };
  } catch (cause) {
    await model?.scorer.close();
    throw cause;
  }
}

async function eventSchemaOf(
  config: PipelineConfig,
  { eventSchema }: Materials,
  registry: Pick<Registry, 'latest'>,
): Promise<EventSchema> {
  if (eventSchema !== undefined) return { ...eventSchema, references: [] };
  const subject = inputSubject(config);
  const latest = await registry.latest(subject);
  if (latest !== undefined) {
    const { schema: text, references } = latest;
    return { text, references, node: parseSchemaText(text, references) };
  }
  throw new TidemarkError(
    'E-REGISTRY-SUBJECT-MISSING',
    `subject ${subject} is not in the registry: give the events’ schema by input.schema in the pipeline’s file`,
  );
}
