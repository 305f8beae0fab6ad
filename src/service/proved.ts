import { compileEventWriter } from '../avro/eventWriter.ts';
import type { PipelineConfig } from '../config/pipelineConfig.ts';
import { TidemarkError } from '../errors.ts';
import type { ModelPackage } from '../model/package.ts';
import type { EventWriter } from '../pipeline/ports.ts';
import { type Contract, contractError, proveContract } from './contract.ts';
import { loadMaterials, modelFacts, type SchemaFile } from './materials.ts';
import type { EventSchema } from './subjects.ts';

/** What a pipeline is made of, proved against each other. Whoever has it closes the model's scorer. */
export interface Proved {
  readonly model: ModelPackage;
  readonly outputSchema: SchemaFile;
  readonly eventSchema: EventSchema;
  readonly contract: Contract;
  /** What serves, and its author should know all the same. */
  readonly warnings: readonly string[];
}

/**
 * Loads and proves what is on disk; `eventSchemaFrom` is asked only when the configuration has no `input.schema`. Throws E-CONTRACT, a
 * fault of the model package, or what `eventSchemaFrom` throws; nothing is open then.
 */
export async function loadProved(
  config: PipelineConfig,
  eventSchemaFrom: () => Promise<EventSchema>,
): Promise<Proved> {
  const { model, outputSchema, eventSchema: ofFile, faults } = await loadMaterials(config);
  try {
    if (model === undefined || outputSchema === undefined || faults.length > 0) throw contractError(faults);
    const eventSchema = ofFile === undefined ? await eventSchemaFrom() : { ...ofFile, references: [] };
    const proof = proveContract(config, modelFacts(model), outputSchema.node, eventSchema.node);
    if (proof.faults.length > 0) throw contractError(proof.faults);
    return { model, outputSchema, eventSchema, contract: proof.contract, warnings: proof.warnings };
  } catch (cause) {
    await model?.scorer.close();
    throw cause;
  }
}

/** Writes what the pipeline publishes, each with this schema id in its frame. */
export function provedWriter(
  { outputSchema, contract }: Pick<Proved, 'outputSchema' | 'contract'>,
  schemaId: number,
): EventWriter {
  const written = compileEventWriter(outputSchema.node, { ...contract.writerPlan, schemaId });
  if (written.kind === 'writer') return written.writer;
  throw new TidemarkError('E-INTERNAL', 'a proved output schema does not compile');
}
