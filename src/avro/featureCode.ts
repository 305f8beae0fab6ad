import type { FeaturePlan, TensorType } from '../pipeline/ports.ts';
import { ByteTable } from './byteTable.ts';
import { type CodeUnit, literal } from './codeUnit.ts';
import { type LeafValue, leafValueOf } from './leafValue.ts';
import type { AvroNode } from './schema.ts';
import { textOf } from './wire.ts';

/** Why a feature rejects an event. */
export type FeatureFault = 'missing' | 'range' | 'category';

/** What the code for one feature refers to. */
export interface FeatureSite {
  readonly unit: CodeUnit;
  /** Which feature of the plan it is. */
  readonly index: number;
  /** Gives the read code for a fault of the feature. */
  readonly codeOf: (fault: FeatureFault) => number;
}

interface Range {
  readonly least: number;
  readonly most: number;
}

const MAX_FLOAT32 = 3.4028234663852886e38;
/** What a tensor's element can hold. 2^63 - 1024 is the largest double below 2^63. */
const TENSOR_RANGES: Readonly<Record<Exclude<TensorType, 'string'>, Range>> = {
  float32: { least: -MAX_FLOAT32, most: MAX_FLOAT32 },
  float64: { least: -Number.MAX_VALUE, most: Number.MAX_VALUE },
  int32: { least: -(2 ** 31), most: 2 ** 31 - 1 },
  int64: { least: -(2 ** 63), most: 2 ** 63 - 1024 },
  bool: { least: 0, most: 1 },
};

/** What a value of the event can be; a long's upper end is that of its double. */
const VALUE_RANGES: Readonly<Record<'boolean' | 'int' | 'long' | 'time' | 'number', Range>> = {
  boolean: { least: 0, most: 1 },
  int: { least: -(2 ** 31), most: 2 ** 31 - 1 },
  long: { least: -(2 ** 63), most: 2 ** 63 },
  time: { least: -(2 ** 63), most: 2 ** 63 },
  number: { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY },
};

/** What a feature can be read from, in words. */
export function expectedOf(feature: FeaturePlan): string {
  if (feature.categories) return 'a string or enum, for its categories';
  return feature.type === 'string' ? 'a string or enum' : 'a number or boolean';
}

/** Whether values of a node can become the feature. */
export function takesValue(feature: FeaturePlan, node: AvroNode): boolean {
  const value = leafValueOf(node);
  if (!value) return false;
  const textual = value.kind === 'text' || value.kind === 'symbol' || value.kind === 'uuid';
  return textual ? feature.type === 'string' || feature.categories !== undefined : isNumeric(feature);
}

function isNumeric(feature: FeaturePlan): boolean {
  return feature.type !== 'string' && feature.categories === undefined;
}

/** Fill values that the feature's tensor cannot hold, in words; undefined when all fit. */
export function fillProblem(feature: FeaturePlan): string | undefined {
  for (const key of ['missing', 'unknown'] as const) {
    if (fillOf(feature, feature[key]) === undefined) {
      return `${key}: ${String(feature[key])} is no value of a ${feature.type} input`;
    }
  }
  const indexes = TENSOR_RANGES[feature.type === 'string' ? 'float64' : feature.type];
  return feature.categories && feature.categories.length - 1 > indexes.most
    ? `a ${feature.type} input cannot hold ${feature.categories.length} categories`
    : undefined;
}

/** A fill as the tensor holds it; a category's name stands for its index. Undefined when it fits in no way. */
function fillOf(feature: FeaturePlan, fill: number | string): number | string | undefined {
  if (fill === 'reject') return fill;
  if (feature.type === 'string') return typeof fill === 'string' ? fill : undefined;
  const value = typeof fill === 'string' ? (feature.categories?.indexOf(fill) ?? -1) : fill;
  if (typeof fill === 'string') return value < 0 ? undefined : value;
  if (feature.type === 'float32' || feature.type === 'float64') return value;
  const { least, most } = TENSOR_RANGES[feature.type];
  return Number.isInteger(value) && value >= least && value <= most ? value : undefined;
}

/** Statements for a feature whose value is null, absent or NaN. */
export function missingCode(feature: FeaturePlan, site: FeatureSite): string {
  return `t.missing[${literal(site.index)}]++; ${fillCode(feature, feature.missing, 'missing', site)}`;
}

function fillCode(
  feature: FeaturePlan,
  given: number | string,
  fault: FeatureFault,
  { unit, codeOf }: FeatureSite,
): string {
  const fill = fillOf(feature, given);
  if (fill === 'reject' || fill === undefined) return `return -${codeOf(fault)};`;
  if (typeof fill === 'string') return `${elementOf(feature)} = ${unit.constant(fill)};`;
  if (feature.type === 'int64') {
    const high = Math.floor(fill / 2 ** 32);
    return storeWords(feature, literal((fill - high * 2 ** 32) | 0), literal(high));
  }
  return `${elementOf(feature)} = ${literal(fill)};`;
}

/** Statements that put the value read from `node` (see readLeafCode) into the feature's element. */
export function storeCode(feature: FeaturePlan, node: AvroNode, site: FeatureSite): string {
  const value = leafValueOf(node);
  if (!value) throw new TypeError(`${node.kind} is no scalar`);
  switch (value.kind) {
    case 'text':
    case 'uuid':
    case 'symbol':
      return storeText(feature, value, site);
    default:
      return storeNumber(feature, value.kind, site);
  }
}

function storeNumber(feature: FeaturePlan, kind: keyof typeof VALUE_RANGES, site: FeatureSite): string {
  if (feature.type === 'string') throw new TypeError('a number has no place in a string input');
  const from = VALUE_RANGES[kind];
  const holds = TENSOR_RANGES[feature.type];
  const least = Math.max(holds.least, feature.min ?? holds.least);
  const most = Math.min(holds.most, feature.max ?? holds.most);
  const whole = feature.type !== 'float32' && feature.type !== 'float64';
  const name = kind === 'boolean' || kind === 'int' ? 'x' : 'n';
  const value = kind === 'time' && whole ? 'Math.floor(n)' : name;
  const store = storeValue(feature, kind, value);
  const checks: string[] = [];
  // An exact long fits an int64 whatever its double says; only declared bounds count then.
  const exact = feature.type === 'int64' && kind === 'long';
  if (exact ? feature.min !== undefined : least > from.least) checks.push(`${value} >= ${literal(least)}`);
  if (exact ? feature.max !== undefined : most < from.most) checks.push(`${value} <= ${literal(most)}`);
  if (kind === 'number' && whole) checks.push('Math.floor(n) === n');
  if (checks.length === 0) return store;
  const outside = `return -${site.codeOf('range')};`;
  if (kind !== 'number') return `if (${checks.join(' && ')}) { ${store} } else ${outside}`;
  const missing = missingCode(feature, site);
  return `if (${checks.join(' && ')}) { ${store} } else if (n === n) ${outside} else { ${missing} }`;
}

function storeValue(feature: FeaturePlan, kind: keyof typeof VALUE_RANGES, value: string): string {
  if (feature.type !== 'int64') return `${elementOf(feature)} = ${value};`;
  if (kind === 'long') return storeWords(feature, 'low', 'high');
  if (kind === 'boolean' || kind === 'int') return storeWords(feature, 'x', 'x >> 31');
  return `const h = Math.floor(${value} / 4294967296); ${storeWords(feature, `${value} - h * 4294967296`, 'h')}`;
}

function storeText(
  feature: FeaturePlan,
  value: Extract<LeafValue, { kind: 'text' | 'uuid' | 'symbol' }>,
  site: FeatureSite,
): string {
  const { unit } = site;
  const { categories } = feature;
  if (!categories) {
    return `${elementOf(feature)} = ${value.kind === 'symbol' ? `${unit.constant(value.symbols)}[x]` : textCode(value.kind, unit)};`;
  }
  const index = categoryCode(value, categories, unit);
  const fill = fillCode(feature, feature.unknown, 'category', site);
  const unknown = `t.unknown[${literal(site.index)}]++; ${fill}`;
  const stored =
    feature.type === 'string'
      ? `${elementOf(feature)} = ${unit.constant(categories)}[i];`
      : feature.type === 'int64'
        ? storeWords(feature, 'i', '0')
        : `${elementOf(feature)} = i;`;
  return `const i = ${index}; if (i >= 0) { ${stored} } else { ${unknown} }`;
}

/** An expression for the index of the value among the categories, or -1. */
function categoryCode(
  value: Extract<LeafValue, { kind: 'text' | 'uuid' | 'symbol' }>,
  categories: readonly string[],
  unit: CodeUnit,
): string {
  switch (value.kind) {
    case 'symbol':
      return `${unit.constant(Int32Array.from(value.symbols, (symbol) => categories.indexOf(symbol)))}[x]`;
    case 'text':
      return `${unit.constant(new ByteTable(categories))}.find(b, s, p)`;
    case 'uuid':
      return `${unit.constant((text: string) => categories.indexOf(text))}(${textCode('uuid', unit)})`;
  }
}

function textCode(kind: 'text' | 'uuid', unit: CodeUnit): string {
  return `${unit.constant(kind === 'uuid' ? uuidText : textOf)}(b, s, p)`;
}

function uuidText(b: Uint8Array, start: number, end: number): string {
  const hex = Buffer.prototype.toString.call(b, 'hex', start, end);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The feature's element; `a` and `r` are the values of its input and the position of the row's first column in them. */
function elementOf(feature: FeaturePlan): string {
  return `${valuesName(feature.input)}[${rowName(feature.input)} + ${literal(feature.column)}]`;
}

function storeWords(feature: FeaturePlan, low: string, high: string): string {
  const values = valuesName(feature.input);
  const at = `2 * (${rowName(feature.input)} + ${literal(feature.column)})`;
  return `${values}[${at}] = ${low}; ${values}[${at} + 1] = ${high};`;
}

export const valuesName = (input: number): string => `a${literal(input)}`;
export const rowName = (input: number): string => `r${literal(input)}`;
