import type { ConfigFault } from './faults.ts';
import type { PipelineFile } from './fileSchema.ts';
import type { Valid } from './lenient.ts';
import type { BatchingConfig, InputConfig, OutputConfig, PipelineConfig } from './pipelineConfig.ts';

/** What of a configuration has to fit the model and the schemas. */
export type ProvableConfig = Pick<PipelineConfig, 'features' | 'decision' | 'model'> & {
  readonly input: Pick<InputConfig, 'id' | 'time' | 'records' | 'schema'>;
  readonly output: Pick<OutputConfig, 'schema' | 'fields'>;
  readonly batching: Pick<BatchingConfig, 'maxRows'>;
};

/** The row count of batches when the file's own is not valid; only the size of buffers depends on it. */
const SOME_ROWS = 1024;

/**
 * What of a faulty file can still be proved, so that its other faults are told in the same go. Undefined when a part is
 * missing on which too much of the rest depends.
 */
export function provableOf(valid: Valid<PipelineFile>): ProvableConfig | undefined {
  const { input, output, model, features, decision, batching } = valid;
  if (!model?.package || !output?.schema || !output.fields) return undefined;
  const rules = decision?.rules?.map((rule) => rule && { is: rule.is, atLeast: rule.at_least });
  const isDecisionWhole = decision?.on !== undefined && rules?.every((rule) => rule?.is !== undefined);
  if (decision !== undefined && !isDecisionWhole) return undefined;
  return {
    input: input ?? {},
    model: { package: model.package },
    features: features ?? {},
    ...(decision && { decision: { on: decision.on, rules } }),
    output: { schema: output.schema, fields: output.fields },
    batching: { maxRows: batching?.max_rows ?? SOME_ROWS },
  } as ProvableConfig;
}

/** Whether a fault found at `path` may only follow from faults that are told already: it lies at one of them, or beside a misspelt key. */
export function followsFrom(path: string, told: readonly ConfigFault[]): boolean {
  return told.some(({ path: at, suggestion }) => {
    const meant = suggestion === undefined ? at : `${at.slice(0, at.lastIndexOf('.') + 1)}${suggestion}`;
    return [at, meant].some((place) => place !== '' && isWithin(path, place));
  });
}

function isWithin(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}.`) || path.startsWith(`${place}[`);
}
