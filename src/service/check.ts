import type { PipelineConfig } from '../config/pipelineConfig.ts';
import type { ProvableConfig } from '../config/provable.ts';
import { asTidemarkError } from '../errors.ts';
import { checkCapabilities } from './client.ts';
import { type ContractFault, type Proof, proveContract } from './contract.ts';
import type { Findings } from './findings.ts';
import { proveLive } from './live.ts';
import { loadMaterials, modelFacts, type SchemaFile } from './materials.ts';

/** What `tidemark check` found out. */
export interface CheckReport {
  /** What was proved, each with what it rests on. */
  readonly proved: readonly { readonly what: string; readonly detail: string }[];
  readonly faults: readonly ContractFault[];
  readonly warnings: readonly string[];
}

/** Proves configuration, event schema, model package and output schema against each other; `live` also broker and registry. */
export async function check(config: PipelineConfig, options: { live: boolean }): Promise<CheckReport> {
  const { found, proof, outputSchema } = await prove(config);
  if (config.input.schema === undefined && !options.live) found.warnings.push(EVENTS_UNPROVED);
  if (options.live) await proveLive(config, proof, outputSchema, found);
  return found;
}

/** What a pipeline is made of, proved without asking anybody. */
export interface ProvedParts {
  readonly found: Findings;
  readonly proof: Proof;
  /** Absent when its file cannot be had, which is among the faults. */
  readonly outputSchema: SchemaFile | undefined;
}

export async function prove(config: PipelineConfig): Promise<ProvedParts> {
  const found: Findings = { proved: [], faults: [], warnings: [] };
  proveClient(config, found);
  return { found, ...(await proveParts(config, found)) };
}

/** The faults of what a configuration refers to and how it fits, for a file that has faults of its own. */
export async function faultsOfParts(config: ProvableConfig): Promise<readonly ContractFault[]> {
  const found: Findings = { proved: [], faults: [], warnings: [] };
  await proveParts(config, found);
  return found.faults;
}

async function proveParts(
  config: ProvableConfig,
  found: Findings,
): Promise<{ proof: Proof; outputSchema: SchemaFile | undefined }> {
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
  const proof = proveContract(config, model && modelFacts(model), outputSchema?.node, eventSchema?.node);
  found.faults.push(...proof.faults);
  found.warnings.push(...proof.warnings);
  const features = eventSchema === undefined ? undefined : proof.contract.rowPlan.features.length;
  if (found.faults.length === 0) tellFit(config, features, found);
  return { proof, outputSchema };
}

function proveClient(config: PipelineConfig, found: Findings): void {
  try {
    found.warnings.push(...checkCapabilities(config));
  } catch (cause) {
    const { code, message } = asTidemarkError(cause);
    const expected = 'what the client can do, or another client';
    found.faults.push({ where: 'kafka.client', problem: `${message} (${code})`, expected });
  }
}

const EVENTS_UNPROVED =
  'features and carried fields were not proved: there is no input.schema; name it, or use --live to take the registry’s';

/** `features` is undefined when nothing is known of the events. */
function tellFit(config: ProvableConfig, features: number | undefined, found: Findings): void {
  const fields = Object.keys(config.output.fields).length;
  const scope = features === undefined ? '' : `${features} features and `;
  const detail = `${scope}${fields} output fields have a source of the right type`;
  found.proved.push({ what: 'fit', detail });
}
