import { TidemarkError } from '../errors.ts';
import type { FieldSource, ModelOutput, TensorType } from '../pipeline/ports.ts';
import { putLong } from './byteBuffer.ts';
import { type CodeUnit, literal } from './codeUnit.ts';
import { encodeDefault } from './defaults.ts';
import type { AvroNode, UnionNode } from './schema.ts';

/** What the values of a scored event are made of, beside the event itself. */
export interface ScoredFacts {
  readonly outputs: readonly ModelOutput[];
  /** The decisions by rule; empty when the pipeline has none. */
  readonly decisions: readonly string[];
  readonly model: { readonly name: string; readonly version: string; readonly digest: string };
}

/** One value of a scored event: bytes known now, or code that writes it at `p` of `o`. */
export type Part =
  | { readonly kind: 'constant'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'code';
      /** Most bytes that `write` needs beside `length`. */
      readonly bytes: number;
      /** Declarations before room is made, and an expression for the bytes that depend on the event. */
      readonly before?: string;
      readonly length?: string;
      readonly write: string;
    };

export interface Unfit {
  readonly kind: 'unfit';
  readonly problem: string;
  readonly expected: string;
  /** Where the fault is a word: the word, and the valid ones. */
  readonly written?: string;
  readonly among?: readonly string[];
}

type Kinds = readonly AvroNode['kind'][];

/** Where a tensor's values may go, best place first. int64 values arrive as doubles: whole up to 2^53. */
const TENSOR_PLACES: Readonly<Record<TensorType, Kinds>> = {
  float32: ['float', 'double'],
  float64: ['double', 'float'],
  int32: ['int', 'long', 'double'],
  int64: ['long', 'double'],
  bool: ['boolean', 'int', 'long'],
  string: ['string', 'enum'],
};

const MS_UNITS: ReadonlySet<string | undefined> = new Set([
  undefined,
  'timestamp-millis',
  'local-timestamp-millis',
]);
const MICROS_UNITS: ReadonlySet<string | undefined> = new Set(['timestamp-micros', 'local-timestamp-micros']);

interface Request {
  /** The node that takes the value: never a union. */
  readonly node: AvroNode;
  /** The bytes that choose `node` in its union; empty outside of one. */
  readonly prefix: Uint8Array;
  /** The bytes of null, where the field has a place for it. */
  readonly none: Uint8Array | undefined;
  readonly facts: ScoredFacts;
  readonly unit: CodeUnit;
}

/** Code for a source other than the event, written as `type` demands. */
export function sourcePart(
  source: Exclude<FieldSource, { from: 'event' }>,
  type: AvroNode,
  facts: ScoredFacts,
  unit: CodeUnit,
): Part | Unfit {
  const places = placesOf(source, facts);
  if ('kind' in places) return places;
  const index = type.kind === 'union' ? bestBranch(type, places) : -1;
  const node = type.kind === 'union' ? type.branches[index] : type;
  if (!node || !places.includes(node.kind)) {
    return unfit(`${describe(source, facts)} does not fit a field of type ${type.kind}`, places.join(' or '));
  }
  const prefix = index < 0 ? new Uint8Array(0) : longBytes(index);
  const none = type.kind === 'union' ? encodeDefault(type, null) : undefined;
  return partOf(source, { node, prefix, none, facts, unit });
}

function placesOf(source: Exclude<FieldSource, { from: 'event' }>, facts: ScoredFacts): Kinds | Unfit {
  switch (source.from) {
    case 'model': {
      const output = facts.outputs[source.output];
      return output
        ? TENSOR_PLACES[output.type]
        : unfit('the model has no such output', 'an output of the model');
    }
    case 'decision':
      if (facts.decisions.length === 0) return unfit('the pipeline makes no decision', '`decision` rules');
      return ['string', 'enum'];
    case 'record':
      if (source.fact === 'topic') return ['string'];
      return source.fact === 'partition' ? ['int', 'long'] : ['long'];
    case 'scored-at':
      return ['long'];
    default:
      return ['string', 'enum'];
  }
}

function bestBranch(union: UnionNode, places: Kinds): number {
  for (const kind of places) {
    const index = union.branches.findIndex((branch) => branch.kind === kind);
    if (index >= 0) return index;
  }
  return -1;
}

function partOf(source: Exclude<FieldSource, { from: 'event' }>, request: Request): Part | Unfit {
  const { facts } = request;
  switch (source.from) {
    case 'model':
      return modelPart(source.output, request);
    case 'model-name':
      return fixedText(facts.model.name, request);
    case 'model-version':
      return fixedText(facts.model.version, request);
    case 'model-digest':
      return fixedText(facts.model.digest, request);
    case 'decision':
      return decisionPart(request);
    case 'scored-at':
      return timePart('scoredAtMs', request);
    case 'record':
      switch (source.fact) {
        case 'topic':
          return textPart('block.lease.topic', request);
        case 'partition':
          return longPart('block.lease.partition', request);
        case 'offset':
          return longPart('block.offsets[index]', request);
        case 'timestamp':
          return timePart('block.timestamps[index]', request);
      }
  }
}

function modelPart(output: number, request: Request): Part | Unfit {
  const value = `outputs[${literal(output)}].values[row]`;
  switch (request.node.kind) {
    case 'float':
      return numberPart(4, `f.setFloat32(p, ${value}, true); p += 4;`, request);
    case 'double':
      return numberPart(8, `f.setFloat64(p, ${value}, true); p += 8;`, request);
    case 'boolean':
      return numberPart(1, `o[p++] = ${value} === 0 ? 0 : 1;`, request);
    case 'enum':
      return modelSymbol(value, request);
    case 'string':
      return textPart(value, request);
    default:
      return longPart(value, request);
  }
}

/** A model's text as a symbol: what is none takes the enum's default, since by then the row is scored. */
function modelSymbol(value: string, request: Request): Part | Unfit {
  const { node, unit } = request;
  if (node.kind !== 'enum' || node.default === undefined) {
    return unfit('the model may give a text that is no symbol', 'an enum with a default, or a string');
  }
  const symbols = new Map(node.symbols.map((symbol, index) => [symbol, index]));
  const fallback = node.symbols.indexOf(node.default);
  return longPart(`${unit.constant((text: string) => symbols.get(text) ?? fallback)}(${value})`, request);
}

function fixedText(text: string, request: Request): Part | Unfit {
  const bytes = encodeDefault(request.node, text);
  if (!bytes) return unfit(`${JSON.stringify(text)} is no symbol of it`, `the symbol ${text}`);
  return { kind: 'constant', bytes: Buffer.concat([request.prefix, bytes]) };
}

function decisionPart(request: Request): Part | Unfit {
  const { node, prefix, none, facts, unit } = request;
  const values = facts.decisions.map((decision) => encodeDefault(node, decision));
  const unknown = facts.decisions.filter((_, index) => values[index] === undefined);
  if (unknown.length > 0) return unknownDecisions(unknown, node);
  const encoded = values.map((bytes) => Buffer.concat([prefix, bytes!]));
  const choose = (decision: number): Uint8Array => {
    const bytes = decision < 0 ? none : encoded[decision];
    if (!bytes) throw new TidemarkError('E-INTERNAL', `there is no decision ${decision}`);
    return bytes;
  };
  return bytesPart(`${unit.constant(choose)}(decision)`, { ...request, prefix: new Uint8Array(0) });
}

function unknownDecisions(unknown: readonly string[], node: AvroNode): Unfit {
  const words = unknown.map((decision) => JSON.stringify(decision)).join(', ');
  const problem =
    unknown.length === 1
      ? `the decision ${words} is no symbol of it`
      : `the decisions ${words} are no symbols of it`;
  const fault = unfit(problem, 'the decisions among its symbols');
  return node.kind === 'enum' ? { ...fault, written: unknown[0]!, among: node.symbols } : fault;
}

function timePart(value: string, request: Request): Part | Unfit {
  const { node, none } = request;
  const logical = 'logical' in node ? node.logical?.kind : undefined;
  const micros = MICROS_UNITS.has(logical);
  if (!micros && !MS_UNITS.has(logical)) {
    return unfit(`it holds ${logical}`, 'timestamp-millis, timestamp-micros or a plain long');
  }
  const part = longPart(micros ? `${value} * 1000` : value, request);
  if (part.kind !== 'code' || !none) return part;
  // Kafka's -1 says that the record has no timestamp.
  const write = `if (${value} < 0) { ${storeBytes(none)} } else { ${part.write} }`;
  return { ...part, bytes: part.bytes + none.length, write };
}

function longPart(value: string, request: Request): Part {
  return numberPart(10, `p = ${request.unit.constant(putLong)}(o, p, ${value});`, request);
}

function numberPart(bytes: number, write: string, { prefix }: Request): Part {
  return { kind: 'code', bytes: bytes + prefix.length, write: `${storeBytes(prefix)} ${write}` };
}

function textPart(text: string, request: Request): Part {
  return bytesPart(`${request.unit.constant(encodedText)}(${text})`, request);
}

/** A value whose encoded bytes are at hand once the event is. */
function bytesPart(bytes: string, { prefix, unit }: Request): Part {
  const name = unit.fresh();
  return {
    kind: 'code',
    bytes: prefix.length,
    before: `const ${name} = ${bytes};`,
    length: `${name}.length`,
    write: `${storeBytes(prefix)} copy(${name}, 0, ${name}.length, o, p); p += ${name}.length;`,
  };
}

/** Statements that store a few known bytes. */
export function storeBytes(bytes: Uint8Array): string {
  return [...bytes].map((byte) => `o[p++] = ${literal(byte)};`).join(' ');
}

/** Topics and the labels of classifiers are few; a model that writes prose only loses the cache. */
const MAX_CACHED_TEXTS = 1024;
const texts = new Map<string, Uint8Array>();

function encodedText(text: string): Uint8Array {
  const known = texts.get(text);
  if (known) return known;
  const utf8 = Buffer.from(text);
  const bytes = Buffer.concat([longBytes(utf8.length), utf8]);
  if (texts.size >= MAX_CACHED_TEXTS) texts.clear();
  texts.set(text, bytes);
  return bytes;
}

function longBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(10);
  return bytes.slice(0, putLong(bytes, 0, value));
}

function unfit(problem: string, expected: string): Unfit {
  return { kind: 'unfit', problem, expected };
}

function describe(source: FieldSource, facts: ScoredFacts): string {
  switch (source.from) {
    case 'model': {
      const output = facts.outputs[source.output];
      return `model output ${output?.name} (${output?.type})`;
    }
    case 'record':
      return `record ${source.fact}`;
    default:
      return source.from;
  }
}
