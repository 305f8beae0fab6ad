import type { PipelineConfig } from '../config/pipelineConfig.ts';
import { type ContractFault, proveContract } from './contract.ts';
import type { Findings } from './findings.ts';
import { proveLive } from './live.ts';
import { loadMaterials, modelFacts } from './materials.ts';

/** What `tidemark check` found out. */
export interface CheckReport {
  /** What was proved, each with what it rests on. */
  readonly proved: readonly { readonly what: string; readonly detail: string }[];
  readonly faults: readonly ContractFault[];
  readonly warnings: readonly string[];
}

/** Proves configuration, event schema, model package and output schema against each other; `live` also broker and registry. */
export async function check(config: PipelineConfig, options: { live: boolean }): Promise<CheckReport> {
  const found: Findings = { proved: [], faults: [], warnings: [] };
  const { model, outputSchema, eventSchema, faults } = await loadMaterials(config);
  found.faults.push(...faults);
  if (model !== undefined) {
    const { card, golden, scorer } = model;
    found.proved.push({
      what: 'model',
      detail: `${card.name} ${card.version} (${scorer.digest}): ${card.features.length} features, ${golden.rows.length} golden vectors within ${card.tolerance}`,
    });
    await scorer.close();
  }
  if (eventSchema !== undefined)
    found.proved.push({ what: 'event schema', detail: config.input.schema ?? '' });
  if (outputSchema !== undefined) found.proved.push({ what: 'output schema', detail: config.output.schema });
  const proof =
    model === undefined || outputSchema === undefined
      ? undefined
      : proveContract(config, modelFacts(model), outputSchema.node, eventSchema?.node);
  if (proof !== undefined) {
    found.faults.push(...proof.faults);
    found.warnings.push(...proof.warnings);
    if (proof.faults.length === 0)
      tellFit(config, proof.contract.rowPlan.features.length, found, eventSchema !== undefined);
  }
  if (options.live) await proveLive(config, proof, outputSchema, found);
  return found;
}

function tellFit(config: PipelineConfig, features: number, found: Findings, eventsKnown: boolean): void {
  const fields = Object.keys(config.output.fields).length;
  const scope = eventsKnown ? `${features} features and ` : '';
  found.proved.push({
    what: 'fit',
    detail: `${scope}${fields} output fields have a source of the right type`,
  });
  if (eventsKnown) return;
  found.warnings.push(
    'features and carried fields were not proved: there is no input.schema; name it, or use --live to take the registry’s',
  );
}
