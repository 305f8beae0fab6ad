import { compileEventWriter, type EventWriterPlan, outputFieldSchema } from '../avro/eventWriter.ts';
import type { SchemaFault } from '../avro/findings.ts';
import { pathText, type RowPlan } from '../avro/plan.ts';
import { analyseSchema } from '../avro/rowReader.ts';
import type { AvroNode } from '../avro/schema.ts';
import { nearestWord } from '../config/nearest.ts';
import type { PipelineConfig } from '../config/pipelineConfig.ts';
import { TidemarkError } from '../errors.ts';
import type { CardFeature } from '../model/features.ts';
import type { DecisionPlan } from '../pipeline/decision.ts';
import type { CarriedField, FeaturePlan, FieldSource, ModelOutput } from '../pipeline/ports.ts';

/** Two parts of a pipeline that do not fit together. */
export interface ContractFault {
  /** A key of the configuration, or the file that is at fault. */
  readonly where: string;
  readonly problem: string;
  readonly expected: string;
  readonly suggestion?: string | undefined;
}

/** What is known of the model: the package's card and the types its session reports. */
export interface ModelFacts {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly features: readonly CardFeature[];
  readonly outputs: readonly ModelOutput[];
}

/** What a pipeline is made of once its parts are known to fit. */
export interface Contract {
  readonly rowPlan: RowPlan;
  readonly writerPlan: Omit<EventWriterPlan, 'schemaId'>;
  readonly decision: DecisionPlan | undefined;
}

export interface Proof {
  readonly contract: Contract;
  /** Each stops the pipeline from starting. */
  readonly faults: readonly ContractFault[];
  /** What makes some events dead letters, or all of them skipped, but stops nothing. */
  readonly warnings: readonly string[];
}

/**
 * Proves configuration, model, output schema and (where it is known) event schema against each other: features exist and are
 * numeric enough, every output field has a source of the right type. `check` and `run` both stand on this.
 */
export function proveContract(
  config: PipelineConfig,
  model: ModelFacts,
  outputSchema: AvroNode,
  eventSchema: AvroNode | undefined,
): Proof {
  const faults: ContractFault[] = [];
  const features = placeFeatures(config, model, faults);
  const { carried, fields } = chooseSources(config, model, outputSchema, faults);
  const decision = planDecision(config, model, faults);
  const { id, time, records } = config.input;
  const rowPlan: RowPlan = {
    features,
    carried,
    ...(time === undefined ? {} : { eventTime: time }),
    ...(id === undefined ? {} : { id }),
    ...(records === undefined ? {} : { records }),
    ...(eventSchema === undefined ? {} : { readerSchema: eventSchema }),
  };
  const { name, version, digest, outputs } = model;
  const decisions = config.decision?.rules.map((rule) => rule.is) ?? [];
  const writerPlan = {
    fields,
    carried: carried.length,
    outputs,
    decisions,
    model: { name, version, digest },
  };
  const written = compileEventWriter(outputSchema, { ...writerPlan, schemaId: 0 });
  if (written.kind === 'unfit') {
    for (const { field, problem, expected } of written.faults) {
      faults.push({ where: `output.fields.${field}`, problem, expected });
    }
  }
  const events = schemaFaults(eventSchema === undefined ? [] : analyseSchema(eventSchema, rowPlan));
  faults.push(...events.faults);
  return { contract: { rowPlan, writerPlan, decision }, faults, warnings: events.warnings };
}

/** Every fault as one error. */
export function contractError(faults: readonly ContractFault[]): TidemarkError {
  const lines = faults.map((fault) => `\n${formatContractFault(fault)}`).join('');
  return new TidemarkError('E-CONTRACT', `the parts of the pipeline do not fit:${lines}`);
}

function formatContractFault({ where, problem, expected, suggestion }: ContractFault): string {
  const hint = suggestion === undefined ? '' : `\n    did you mean ${suggestion}?`;
  return `  ${where}: ${problem}\n    expected ${expected}${hint}`;
}

function placeFeatures(config: PipelineConfig, model: ModelFacts, faults: ContractFault[]): FeaturePlan[] {
  const names = model.features.map((feature) => feature.name);
  for (const name of Object.keys(config.features)) {
    if (names.includes(name)) continue;
    faults.push({
      where: `features.${name}`,
      problem: `model ${model.name} ${model.version} has no such feature`,
      expected: `one of ${names.join(', ')}`,
      suggestion: nearestWord(name, names),
    });
  }
  return model.features.map((feature) => ({
    ...feature,
    path: config.features[feature.name] ?? [feature.name],
  }));
}

function chooseSources(
  config: PipelineConfig,
  model: ModelFacts,
  outputSchema: AvroNode,
  faults: ContractFault[],
): { carried: CarriedField[]; fields: Map<string, FieldSource> } {
  const carried: CarriedField[] = [];
  const fields = new Map<string, FieldSource>();
  for (const [target, source] of Object.entries(config.output.fields)) {
    if (source.from === 'event') {
      const schema = outputFieldSchema(outputSchema, target);
      fields.set(target, { from: 'event', slot: carried.length });
      // A field the output does not have is told by the writer's own proof.
      if (schema !== undefined) carried.push({ path: source.path, target, schema });
    } else if (source.from === 'model') {
      const output = outputIndex(model, source.output, `output.fields.${target}`, faults);
      if (output !== undefined) fields.set(target, { from: 'model', output });
    } else fields.set(target, source);
  }
  return { carried, fields };
}

function planDecision(
  config: PipelineConfig,
  model: ModelFacts,
  faults: ContractFault[],
): DecisionPlan | undefined {
  if (config.decision === undefined) return undefined;
  const { on, rules } = config.decision;
  const output = outputIndex(model, on, 'decision.on', faults);
  if (output === undefined) return undefined;
  if (model.outputs[output]!.type === 'string') {
    faults.push({
      where: 'decision.on',
      problem: `model output ${on} is text`,
      expected: 'a numeric output',
    });
  }
  return { output, atLeast: Float64Array.from(rules.slice(0, -1), (rule) => rule.atLeast ?? -Infinity) };
}

function outputIndex(
  model: ModelFacts,
  name: string,
  where: string,
  faults: ContractFault[],
): number | undefined {
  const index = model.outputs.findIndex((output) => output.name === name);
  if (index >= 0) return index;
  const names = model.outputs.map((output) => output.name);
  faults.push({
    where,
    problem: `model ${model.name} ${model.version} has no output ${name}`,
    expected: `one of ${names.join(', ')}`,
    suggestion: nearestWord(name, names),
  });
  return undefined;
}

const WHERE = {
  feature: (name: string) => `features.${name}`,
  carried: (name: string) => `output.fields.${name}`,
  'event-time': () => 'input.time',
  records: () => 'input.records',
} as const;

/** What an analysis of an event schema means for the pipeline: what keeps it from running, and what costs it some events. */
export function schemaFaults(analysis: readonly SchemaFault[]): {
  faults: ContractFault[];
  warnings: string[];
} {
  const faults: ContractFault[] = [];
  const warnings: string[] = [];
  for (const fault of analysis) {
    const where = WHERE[fault.of](fault.name);
    const place = fault.path.length === 0 ? '' : ` at event.${pathText(fault.path)}`;
    if (fault.blocks || fault.of === 'event-time') {
      faults.push({ where, problem: `${fault.problem}${place}`, expected: fault.expected });
    } else warnings.push(`${where}: ${fault.problem}${place}; expected ${fault.expected}`);
  }
  return { faults, warnings };
}
