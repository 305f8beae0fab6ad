/** The features of a model in its own order, as far as model, metadata and schema say. */

import { leafValueOf } from '../../avro/leafValue.ts';
import type { ModelDescription } from '../../model/describe.ts';
import { type FeatureEntry, placeFeatures } from '../../model/features.ts';
import type { OnnxValue } from '../../model/onnxProto.ts';
import { declaredColumns } from '../../model/scoreChoice.ts';
import type { FeaturePlan, TensorType } from '../../pipeline/ports.ts';
import type { EventPlace } from '../eventPlaces.ts';
import { namesInMetadata } from './columns.ts';
import { matchPlace } from './matching.ts';
import { isIdentity } from './outputSchema.ts';
import type { Question } from './request.ts';

export interface NamedFeatures {
  readonly entries: readonly FeatureEntry[];
  /** Where the names come from, in words. */
  readonly source: string;
  /** Places that follow from where the names come from, by feature. */
  readonly places: ReadonlyMap<string, EventPlace>;
}

/** A feature whose place is still to be found. */
export type UnplacedFeature = FeaturePlan;

/** Names for every column of the model's inputs, or the question that asks for them. */
export function nameFeatures(
  { inputs, metadata, file }: Pick<ModelDescription, 'inputs' | 'metadata' | 'file'>,
  places: readonly EventPlace[],
  yes: boolean,
): NamedFeatures | Question {
  const columns = inputs.map(declaredColumns);
  const none = new Map<string, EventPlace>();
  const perColumn = inputs.length > 1 && columns.every((count) => count === 1 || count === undefined);
  if (perColumn || isNamedAlone(inputs, columns, places))
    return { entries: inputs.map(({ name }) => ({ name })), source: 'the model’s inputs', places: none };
  const wide = inputs.filter((_, at) => columns[at] !== 1);
  const [input] = wide;
  if (wide.length !== 1 || input === undefined) return askForNames(inputs, columns, []);
  const count = columns[inputs.indexOf(input)];
  const told = namesInMetadata(metadata, count);
  if (told !== undefined) {
    const named = told.names.map((name) => (inputs.length > 1 ? { name, input: input.name } : { name }));
    const single = inputs.filter((other) => other !== input).map(({ name }) => ({ name }));
    return { entries: [...single, ...named], source: `${told.key} in the metadata of ${file}`, places: none };
  }
  if (inputs.length > 1) return askForNames(inputs, columns, []);
  const numeric = places.filter((place) => isNumber(place));
  if (count !== numeric.length) return askForNames(inputs, columns, numeric);
  const named = numeric.map((place) => [nameAt(place), place] as const);
  if (!yes) return askForOrder(input, named);
  return {
    entries: named.map(([name]) => ({ name })),
    source: `the ${count} numeric fields of the events, in the order of their schema`,
    places: new Map(named),
  };
}

/** One input of one column that has the name of a field. */
function isNamedAlone(
  inputs: readonly OnnxValue[],
  columns: readonly (number | undefined)[],
  places: readonly EventPlace[],
): boolean {
  const [input] = inputs;
  if (inputs.length !== 1 || input === undefined || columns[0] !== 1) return false;
  return matchPlace(input.name, places, () => true).kind === 'found';
}

/** A number or boolean that may be a quantity: no time, and no id. */
function isNumber(place: EventPlace): boolean {
  if (isIdentity(place) || place.path.some((step) => typeof step === 'number')) return false;
  return place.nodes.every((node) => {
    const logical = 'logical' in node ? node.logical?.kind : undefined;
    const kind = leafValueOf(node)?.kind;
    const isTime = logical !== undefined && logical !== 'decimal';
    return !isTime && kind !== undefined && ['boolean', 'int', 'long', 'number'].includes(kind);
  });
}

function nameAt({ path }: EventPlace): string {
  return path.join('_');
}

function askForNames(
  inputs: readonly OnnxValue[],
  columns: readonly (number | undefined)[],
  numeric: readonly EventPlace[],
): Question {
  const shapes = inputs.map(({ name }, at) => `${name} takes ${columns[at] ?? 'an open number of'} columns`);
  const fields =
    inputs.length > 1 ? '' : `, and the events have ${numeric.length} numeric fields that could be meant`;
  return {
    flag: '--features',
    title: 'Names of the columns in their order (a,b,c), or a YAML file:',
    problem: `the model does not name its columns (${shapes.join(', ')}${fields})`,
    fix: 'give --features a,b,c or a features.yaml, in the order of the columns that it was trained on',
    options: [],
    likely: false,
  };
}

function askForOrder(input: OnnxValue, named: readonly (readonly [string, EventPlace])[]): Question {
  const names = named.map(([name]) => name).join(',');
  return {
    flag: '--features',
    title: 'Names of the columns in the order of the training:',
    problem: `the model does not name the ${named.length} columns of ${input.name}; the events have just as many numeric fields`,
    fix: `if it was trained on them in this order, give --features ${names}`,
    options: [names],
    likely: true,
  };
}

/** Gives each feature its column and type. Faults say what to give instead. */
export function unplaced(
  entries: readonly FeatureEntry[],
  inputs: readonly OnnxValue[],
): { features: UnplacedFeature[]; faults: readonly string[] } {
  const open = inputs.length === 1 ? entries.length : 1;
  const columns = inputs.map((input) => {
    const { name, type } = input;
    return { name, type: type as TensorType, columns: declaredColumns(input) ?? open };
  });
  const { features, faults } = placeFeatures(entries, columns);
  return { features: features.map((feature) => ({ ...feature, path: [feature.name] })), faults };
}
