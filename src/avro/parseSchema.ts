import { TidemarkError } from '../errors.ts';
import type {
  AvroField,
  AvroNode,
  EnumNode,
  FixedNode,
  Logical,
  PrimitiveName,
  RecordNode,
} from './schema.ts';
import { isNamed } from './schema.ts';

/** A schema that another one refers to, as registries keep them. */
export interface SchemaReference {
  /** The full name of the type that the schema defines. */
  readonly name: string;
  /** Avro schema, JSON text. */
  readonly schema: string;
}

/** Deeper nesting in a schema's text is no honest schema, and would only deepen every recursion after it. */
const MAX_SCHEMA_DEPTH = 128;
const MAX_FIXED_BYTES = 0x7fffffff;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const PRIMITIVES: ReadonlySet<string> = new Set<PrimitiveName>([
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
]);

const LOGICAL_BASES: Readonly<Record<Exclude<Logical['kind'], 'decimal'>, readonly string[]>> = {
  date: ['int'],
  'time-millis': ['int'],
  'time-micros': ['long'],
  'timestamp-millis': ['long'],
  'timestamp-micros': ['long'],
  'timestamp-nanos': ['long'],
  'local-timestamp-millis': ['long'],
  'local-timestamp-micros': ['long'],
  'local-timestamp-nanos': ['long'],
  uuid: ['string', 'fixed'],
  duration: ['fixed'],
};

/**
 * Parses an Avro schema (JSON text) and the schemas it refers to.
 * Defaults are kept as they are and checked where they are used: registries hold schemas whose defaults do not fit, and
 * events written with them can be read all the same.
 * @throws TidemarkError E-SCHEMA-UNUSABLE when the text is not a valid Avro schema.
 */
export function parseSchemaText(text: string, references: readonly SchemaReference[] = []): AvroNode {
  const waiting = new Map<string, unknown>();
  for (const reference of references)
    waiting.set(reference.name, parseJson(reference.schema, reference.name));
  return new SchemaParser(waiting).parse(parseJson(text, 'schema'));
}

/** As `parseSchemaText`, for a schema that is already parsed JSON. */
export function parseSchema(json: unknown): AvroNode {
  return new SchemaParser(new Map()).parse(json);
}

function invalid(where: string, problem: string, cause?: unknown): TidemarkError {
  return new TidemarkError('E-SCHEMA-UNUSABLE', `not a valid Avro schema: ${where}: ${problem}`, { cause });
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(where, `it is not JSON (${(cause as Error).message})`, cause);
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

interface Place {
  readonly where: string;
  readonly namespace: string;
  readonly depth: number;
}

class SchemaParser {
  readonly #named = new Map<string, AvroNode>();
  /** Referenced schemas not parsed yet, by name. */
  readonly #waiting: Map<string, unknown>;

  constructor(waiting: Map<string, unknown>) {
    this.#waiting = waiting;
  }

  parse(json: unknown): AvroNode {
    for (const name of [...this.#waiting.keys()]) this.#parseReference(name);
    return this.#node(json, { where: 'schema', namespace: '', depth: 0 });
  }

  #parseReference(name: string): void {
    if (!this.#waiting.has(name)) return;
    const json = this.#waiting.get(name);
    this.#waiting.delete(name);
    this.#node(json, { where: name, namespace: '', depth: 0 });
  }

  #node(json: unknown, place: Place): AvroNode {
    if (place.depth > MAX_SCHEMA_DEPTH) throw invalid(place.where, `nested deeper than ${MAX_SCHEMA_DEPTH}`);
    if (typeof json === 'string') return this.#reference(json, place);
    if (Array.isArray(json)) return this.#union(json, place);
    if (typeof json !== 'object' || json === null) throw invalid(place.where, 'it is not a type');
    const object = json as JsonObject;
    const type = object.type;
    switch (type) {
      case 'record':
      case 'error':
        return this.#record(object, place);
      case 'enum':
        return this.#enum(object, place);
      case 'fixed':
        return this.#fixed(object, place);
      case 'array':
        return { kind: 'array', items: this.#node(object.items, inside(place, 'items')) };
      case 'map':
        return { kind: 'map', values: this.#node(object.values, inside(place, 'values')) };
    }
    if (typeof type === 'string' && PRIMITIVES.has(type)) {
      return withLogical({ kind: type as PrimitiveName }, logicalOf(object, type));
    }
    return this.#node(type, { ...place, depth: place.depth + 1 });
  }

  #reference(name: string, place: Place): AvroNode {
    if (PRIMITIVES.has(name)) return { kind: name as PrimitiveName };
    // Java falls back to the name as it stands when the enclosing namespace has no such type; registries hold such schemas.
    for (const fullName of name.includes('.') ? [name] : [qualified(name, place.namespace), name]) {
      this.#parseReference(fullName);
      const node = this.#named.get(fullName);
      if (node) return node;
    }
    throw invalid(place.where, `there is no type ${JSON.stringify(name)}`);
  }

  #union(json: readonly unknown[], place: Place): AvroNode {
    const branches = json.map((branch, index) => this.#node(branch, inside(place, String(index))));
    const seen = new Set<string>();
    for (const branch of branches) {
      if (branch.kind === 'union') throw invalid(place.where, 'a union directly inside a union');
      const key = isNamed(branch) ? branch.name : branch.kind;
      if (seen.has(key)) throw invalid(place.where, `${key} is twice in one union`);
      seen.add(key);
    }
    return { kind: 'union', branches };
  }

  #record(json: JsonObject, place: Place): RecordNode {
    const { name, namespace } = this.#name(json, place);
    const fields: AvroField[] = [];
    const node: RecordNode = {
      kind: 'record',
      name,
      aliases: aliasesOf(json, namespace, place.where),
      fields,
    };
    this.#define(node, place);
    if (!Array.isArray(json.fields)) throw invalid(name, 'a record needs a list of fields');
    const seen = new Set<string>();
    for (const field of json.fields as readonly unknown[]) {
      const parsed = this.#field(field, { where: name, namespace, depth: place.depth + 1 });
      if (seen.has(parsed.name)) throw invalid(name, `field ${parsed.name} is there twice`);
      seen.add(parsed.name);
      fields.push(parsed);
    }
    return node;
  }

  #field(json: unknown, place: Place): AvroField {
    if (typeof json !== 'object' || json === null) throw invalid(place.where, 'a field is not an object');
    const object = json as JsonObject;
    const name = object.name;
    if (typeof name !== 'string' || !NAME.test(name)) throw invalid(place.where, 'a field has no valid name');
    const aliases = stringsOf(object.aliases, `${place.where}.${name}`);
    const type = this.#node(object.type, { ...place, where: `${place.where}.${name}` });
    return Object.hasOwn(object, 'default')
      ? { name, aliases, type, default: object.default }
      : { name, aliases, type };
  }

  #enum(json: JsonObject, place: Place): EnumNode {
    const { name, namespace } = this.#name(json, place);
    const symbols = stringsOf(json.symbols, name);
    if (!symbols.every((symbol) => NAME.test(symbol)) || new Set(symbols).size !== symbols.length) {
      throw invalid(name, 'its symbols are not distinct names');
    }
    const aliases = aliasesOf(json, namespace, place.where);
    const fallback =
      typeof json.default === 'string' && symbols.includes(json.default) ? json.default : undefined;
    const node: EnumNode = {
      kind: 'enum',
      name,
      aliases,
      symbols,
      ...(fallback !== undefined && { default: fallback }),
    };
    this.#define(node, place);
    return node;
  }

  #fixed(json: JsonObject, place: Place): FixedNode {
    const { name, namespace } = this.#name(json, place);
    const size = json.size;
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0 || size > MAX_FIXED_BYTES) {
      throw invalid(name, 'its size is not a whole number of bytes');
    }
    const node: FixedNode = withLogical(
      { kind: 'fixed', name, aliases: aliasesOf(json, namespace, place.where), size },
      logicalOf(json, 'fixed'),
    );
    this.#define(node, place);
    return node;
  }

  #name(json: JsonObject, place: Place): { name: string; namespace: string } {
    const given = json.name;
    if (typeof given !== 'string' || !given.split('.').every((part) => NAME.test(part))) {
      throw invalid(place.where, `${String(json.type)} has no valid name`);
    }
    const dot = given.lastIndexOf('.');
    const namespace =
      dot >= 0 ? given.slice(0, dot) : typeof json.namespace === 'string' ? json.namespace : place.namespace;
    return { name: dot >= 0 ? given : qualified(given, namespace), namespace };
  }

  #define(node: RecordNode | EnumNode | FixedNode, place: Place): void {
    if (PRIMITIVES.has(node.name)) throw invalid(place.where, `${node.name} is the name of a primitive type`);
    if (this.#named.has(node.name)) throw invalid(place.where, `${node.name} is defined twice`);
    this.#named.set(node.name, node);
  }
}

function inside(place: Place, part: string): Place {
  return { where: `${place.where}.${part}`, namespace: place.namespace, depth: place.depth + 1 };
}

function qualified(name: string, namespace: string): string {
  return namespace === '' ? name : `${namespace}.${name}`;
}

function stringsOf(json: unknown, where: string): readonly string[] {
  if (json === undefined) return [];
  if (!Array.isArray(json) || !json.every((item) => typeof item === 'string')) {
    throw invalid(where, 'aliases and symbols are lists of strings');
  }
  return json;
}

function aliasesOf(json: JsonObject, namespace: string, where: string): readonly string[] {
  return stringsOf(json.aliases, where).map((alias) =>
    alias.includes('.') ? alias : qualified(alias, namespace),
  );
}

function withLogical<N extends object>(node: N, logical: Logical | undefined): N {
  return logical ? { ...node, logical } : node;
}

/** A logical type that is unknown or does not fit its base is ignored, as the Avro specification says. */
function logicalOf(json: JsonObject, base: string): Logical | undefined {
  const kind = json.logicalType;
  if (typeof kind !== 'string') return undefined;
  if (kind === 'decimal') return base === 'bytes' || base === 'fixed' ? decimalOf(json) : undefined;
  if (!Object.hasOwn(LOGICAL_BASES, kind)) return undefined;
  const name = kind as keyof typeof LOGICAL_BASES;
  if (!LOGICAL_BASES[name].includes(base)) return undefined;
  if (base === 'fixed' && json.size !== (name === 'uuid' ? 16 : 12)) return undefined;
  return { kind: name };
}

function decimalOf(json: JsonObject): Logical | undefined {
  const { precision, scale = 0 } = json;
  if (!Number.isInteger(precision) || !Number.isInteger(scale)) return undefined;
  const [digits, decimals] = [precision as number, scale as number];
  return digits > 0 && decimals >= 0 && decimals <= digits
    ? { kind: 'decimal', precision: digits, scale: decimals }
    : undefined;
}
