/** The JSON Schema of a pipeline file, for editors, and the list of keys that its documentation is checked against. */
import { z } from 'zod';
import { FIELD_PATH_PATTERN } from './fieldPath.ts';
import { fileSchema } from './fileSchema.ts';
import { OUTPUT_SOURCE_PATTERN } from './outputSource.ts';
import { DURATION_PATTERN, SIZE_PATTERN } from './units.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

// An editor sees the file before references are resolved: they may stand for any scalar, and their default may be anything.
const REFERENCE: JsonSchema = { type: 'string', pattern: '\\$\\{[^}]+\\}' };

/** Draft 7, which is what YAML language servers know best. */
export function pipelineJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(fileSchema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => allowReference(jsonSchema),
  });
  const { $schema, ...rest } = schema;
  return { $schema, title: 'Tidemark pipeline', ...rest };
}

function allowReference(schema: JsonSchema): void {
  if (schema.oneOf !== undefined) {
    // A reference satisfies the discriminator of every alternative, and `oneOf` would refuse that.
    schema.anyOf = schema.oneOf;
    delete schema.oneOf;
    return;
  }
  const scalar = typeof schema.type === 'string' && schema.type !== 'object' && schema.type !== 'array';
  const free = schema.type === 'string' && !schema.enum && schema.const === undefined && !schema.pattern;
  if (!scalar || free) return;
  const { description, default: fallback, ...checks } = schema;
  for (const key of Object.keys(schema)) delete schema[key];
  if (description !== undefined) schema.description = description;
  if (fallback !== undefined) schema.default = fallback;
  // JavaScript's integer range says nothing to a reader.
  if (checks.minimum === Number.MIN_SAFE_INTEGER) delete checks.minimum;
  if (checks.maximum === Number.MAX_SAFE_INTEGER) delete checks.maximum;
  schema.anyOf = [checks, REFERENCE];
}

const TYPE_OF_PATTERN: ReadonlyMap<unknown, string> = new Map([
  [DURATION_PATTERN.source, 'duration'],
  [SIZE_PATTERN.source, 'size'],
  [`^${FIELD_PATH_PATTERN}$`, 'field path'],
  [OUTPUT_SOURCE_PATTERN, 'source'],
]);

function typeOf(schema: JsonSchema): string {
  const alternatives = (schema.anyOf ?? []).filter(
    (one) => (one as JsonSchema).pattern !== REFERENCE.pattern,
  );
  if (alternatives.length > 0)
    return [...new Set(alternatives.map((one) => typeOf(one as JsonSchema)))].join(' or ');
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.format === 'date-time') return 'time';
  if (schema.type === 'string') return TYPE_OF_PATTERN.get(schema.pattern) ?? 'text';
  if (schema.type === 'array') return 'list';
  if (schema.type === 'integer') return 'whole number';
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type !== 'object') return String(schema.type);
  return schema.properties === undefined ? 'names to values' : 'section';
}

export interface KeyDescription {
  /** `kafka.session_timeout`; list items as `rules[]`. */
  readonly path: string;
  readonly required: boolean;
  /** In words: `duration`, `list`, `key or source`. */
  readonly type: string;
  readonly default?: unknown;
  readonly description: string;
}

/** Every key of the file in its order. A key that means the same in several alternatives is told once. */
export function describeKeys(): readonly KeyDescription[] {
  if (described === undefined) {
    const keys = new Map<string, KeyDescription>();
    collect(pipelineJsonSchema(), '', keys);
    described = [...keys.values()];
  }
  return described;
}

// Made when first asked for: a file without faults never is, and one with many asks for each.
let described: readonly KeyDescription[] | undefined;

function collect(schema: JsonSchema, prefix: string, keys: Map<string, KeyDescription>): void {
  for (const alternative of schema.anyOf ?? []) collect(alternative as JsonSchema, prefix, keys);
  if (schema.items !== undefined) collect(schema.items as JsonSchema, `${prefix}[]`, keys);
  for (const [key, member] of Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const known = keys.get(path);
    const type = typeOf(member);
    keys.set(path, {
      path,
      required: schema.required?.includes(key) ?? false,
      type: known === undefined || known.type === type ? type : `${known.type}, ${type}`,
      ...(member.default !== undefined && { default: member.default }),
      description: known?.description ?? member.description ?? '',
    });
    collect(member, path, keys);
  }
}
