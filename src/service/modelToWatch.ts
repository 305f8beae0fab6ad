import { outputBounds } from '../model/outputBounds.ts';
import type { ModelPackage } from '../model/package.ts';
import type { ModelFacts } from '../telemetry/events.ts';
import type { Contract } from './contract.ts';

/** What telemetry is to know of the model. */
export function modelToWatch({ scorer, golden }: ModelPackage, contract: Contract): ModelFacts {
  const { name, version, digest, rowsPerRun, outputs } = scorer;
  return {
    name,
    version,
    digest,
    rowsPerRun,
    features: contract.rowPlan.features.map((feature) => ({
      name: feature.name,
      hasCategories: feature.categories !== undefined,
    })),
    outputs: outputs.map((output) => ({
      name: output.name,
      bounds: output.type === 'string' ? undefined : outputBounds(golden.outputs[output.name] ?? []),
    })),
    decisions: contract.writerPlan.decisions,
  };
}
