import {
  compileEventWriter,
  type EventWriterPlan,
  type OutputFault,
  outputFieldSchema,
} from '../avro/eventWriter.ts';
import type { SchemaFault } from '../avro/findings.ts';
import { pathText, type RowPlan } from '../avro/plan.ts';
import { analyseId, analyseSchema } from '../avro/rowReader.ts';
import type { AvroNode } from '../avro/schema.ts';
import { formatPath } from '../config/fieldPath.ts';
import { nearestWord } from '../config/nearest.ts';
import type { ProvableConfig } from '../config/provable.ts';
import { TidemarkError } from '../errors.ts';
import type { CardFeature } from '../model/features.ts';
import type { DecisionPlan } from '../pipeline/decision.ts';
import type { CarriedField, FeaturePlan, FieldSource, ModelOutput } from '../pipeline/ports.ts';
import { eventPlaces, likelyPlace } from './eventPlaces.ts';

/** Two parts of a pipeline that do not fit together. */
export interface ContractFault {
  /** A key of the configuration, or the file that is at fault. */
  readonly where: string;
  readonly problem: string;
  readonly expected: string;
  readonly suggestion?: string | undefined;
  /** For a feature without a place: the line under `features` that would most likely mend it. */
  readonly mapping?: string | undefined;
}

/** What is known of the model: the package's card and the types its session reports. */
export interface ModelFacts {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly features: readonly CardFeature[];
  readonly outputs: readonly ModelOutput[];
}

const NO_MODEL: ModelFacts = { name: '', version: '', digest: '', features: [], outputs: [] };

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
 * numeric enough, every output field has a source of the right type. `check` and `run` both stand on this. A model or output
 * schema that could not be had leaves out what rests on it, so that the rest is told all the same; the contract is then none
 * to run on.
 */
export function proveContract(
  config: ProvableConfig,
  model: ModelFacts | undefined,
  outputSchema: AvroNode | undefined,
  eventSchema: AvroNode | undefined,
): Proof {
  const faults: ContractFault[] = [];
  const features = model === undefined ? [] : placeFeatures(config, model, faults);
  const { carried, fields } = chooseSources(config, model, outputSchema, faults);
  const decision = model === undefined ? undefined : planDecision(config, model, faults);
  const { id, time, records } = config.input;
  const rowPlan: RowPlan = {
    features,
    carried,
    ...(time === undefined ? {} : { eventTime: time }),
    ...(id === undefined ? {} : { id }),
    ...(records === undefined ? {} : { records }),
    ...(eventSchema === undefined ? {} : { readerSchema: eventSchema }),
  };
  const { name, version, digest, outputs } = model ?? NO_MODEL;
  const decisions = config.decision?.rules.map((rule) => rule.is) ?? [];
  const writerPlan = {
    fields,
    carried: carried.length,
    outputs,
    decisions,
    model: { name, version, digest },
  };
  const written = outputSchema && compileEventWriter(outputSchema, { ...writerPlan, schemaId: 0 });
  if (written?.kind === 'unfit') faults.push(...outputFaults(config, fields, written.faults));
  const contract = { rowPlan, writerPlan, decision };
  if (eventSchema === undefined) return { contract, faults, warnings: [] };
  const found = [...analyseSchema(eventSchema, rowPlan), ...analyseId(eventSchema, rowPlan)];
  const events = schemaFaults(found, eventSchema, { declared: config.input.schema !== undefined });
  faults.push(...events.faults);
  return { contract, faults, warnings: events.warnings };
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

function placeFeatures(config: ProvableConfig, model: ModelFacts, faults: ContractFault[]): FeaturePlan[] {
  const names = model.features.map((feature) => feature.name);
  for (const name of Object.keys(config.features)) {
    if (names.includes(name)) continue;
    faults.push({
      where: formatPath(['features', name]),
      problem: `model ${model.name} ${model.version} has no such feature`,
      expected: oneOf(names),
      suggestion: nearestWord(name, names),
    });
  }
  return model.features.map((feature) => ({
    ...feature,
    path: config.features[feature.name] ?? [feature.name],
  }));
}

function chooseSources(
  config: ProvableConfig,
  model: ModelFacts | undefined,
  outputSchema: AvroNode | undefined,
  faults: ContractFault[],
): { carried: CarriedField[]; fields: Map<string, FieldSource> } {
  const carried: CarriedField[] = [];
  const fields = new Map<string, FieldSource>();
  for (const [target, source] of Object.entries(config.output.fields)) {
    if (source.from === 'event') {
      const schema = outputSchema && outputFieldSchema(outputSchema, target);
      fields.set(target, { from: 'event', slot: carried.length });
      // A field the output does not have is told by the writer's own proof.
      if (schema !== undefined) carried.push({ path: source.path, target, schema });
    } else if (source.from === 'model') {
      const output = model && outputIndex(model, source.output, `output.fields.${target}`, faults);
      if (output !== undefined) fields.set(target, { from: 'model', output });
    } else fields.set(target, source);
  }
  return { carried, fields };
}

function planDecision(
  config: ProvableConfig,
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
    expected: oneOf(names),
    suggestion: nearestWord(name, names),
  });
  return undefined;
}

/** What the writer's proof says, less what follows from a source that is told of already. */
function outputFaults(
  config: ProvableConfig,
  sources: ReadonlyMap<string, FieldSource>,
  found: readonly OutputFault[],
): ContractFault[] {
  return found.flatMap(({ field, problem, expected, written, among }) => {
    if (Object.hasOwn(config.output.fields, field) && !sources.has(field)) return [];
    const where = `output.fields.${field}`;
    if (among === undefined) return [{ where, problem, expected }];
    return [{ where, problem, expected: oneOf(among), suggestion: nearestWord(written ?? field, among) }];
  });
}

const WHERE = {
  feature: (name: string) => formatPath(['features', name]),
  carried: (name: string) => `output.fields.${name}`,
  'event-time': () => 'input.time',
  id: () => 'input.id',
  records: () => 'input.records',
} as const;

/**
 * What an analysis of an event schema means for the pipeline: what keeps it from running, and what costs it some events.
 * `declared`: it is the schema the pipeline says it is written against, so a place that it lacks is a slip of the hand, even
 * where something stands in for what is missing.
 */
export function schemaFaults(
  analysis: readonly SchemaFault[],
  schema: AvroNode,
  { declared }: { declared: boolean },
): { faults: ContractFault[]; warnings: string[] } {
  const faults: ContractFault[] = [];
  const warnings: string[] = [];
  const places = analysis.length === 0 ? [] : eventPlaces(schema).map(({ text }) => text);
  for (const fault of analysis) {
    const { of, name, path, problem, blocks, absent } = fault;
    const where = WHERE[of](name);
    const place = path.length === 0 ? '' : ` at event.${pathText(path)}`;
    const likely = of === 'records' ? undefined : likelyPlace(name, path, places);
    const suggestion = likely !== undefined && of === 'carried' ? `event.${likely}` : likely;
    // A feature that the file says nothing of is looked for under its own name.
    const unplaced = of === 'feature' && absent && path.length === 1 && path[0] === name;
    const expected = unplaced ? `${fault.expected}, or its place under \`features\`` : fault.expected;
    const mapping = unplaced && likely !== undefined ? `${name}: ${likely}` : undefined;
    if (blocks || of === 'event-time' || of === 'id' || (declared && absent)) {
      faults.push({ where, problem: `${problem}${place}`, expected, suggestion, mapping });
    } else {
      const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
      warnings.push(`${where}: ${problem}${place}; expected ${expected}${hint}`);
    }
  }
  return { faults, warnings };
}

const SHOWN_WORDS = 12;

/** The valid words, or as many as a person reads. */
function oneOf(words: readonly string[]): string {
  const shown = words.slice(0, SHOWN_WORDS).join(', ');
  return words.length > SHOWN_WORDS ? `one of ${words.length}: ${shown}, ...` : `one of ${shown}`;
}
