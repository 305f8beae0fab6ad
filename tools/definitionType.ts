/** Writes src/config/pipelineDefinition.ts: a pipeline file as a TypeScript type, every key with its meaning. `node tools/definitionType.ts` */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { pipelineJsonSchema } from '../src/config/jsonSchema.ts';

const FILE = join(import.meta.dirname, '../src/config/pipelineDefinition.ts');
const HEAD = `/**
 * A pipeline file as an object. Made from the schema of the file by tools/definitionType.ts, and tested to be current; change
 * src/config/fileSchema.ts instead.
 */

/** Text with a reference in it, resolved as in a file: \`\${NAME}\`, \`\${NAME:-default}\`, \`\${file:/path}\`. */
export type Reference = \`\${string}$\\{\${string}}\${string}\`;
`;

export async function definitionType(): Promise<string> {
  const schema: JSONSchema = JSON.parse(JSON.stringify(pipelineJsonSchema()), forTypeScript);
  return compile({ ...schema, title: 'PipelineDefinition' }, 'PipelineDefinition', {
    bannerComment: HEAD,
    // A list of at least one item would have to be a tuple.
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 110 },
  });
}

/** Gives references a type that takes no misspelt word, as `string` would, and descriptions their default. */
function forTypeScript(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { pattern, description, default: fallback } = value as Record<string, unknown>;
  if (pattern === '\\$\\{[^}]+\\}') return { tsType: 'Reference' };
  if (description === undefined || fallback === undefined || typeof fallback === 'object') return value;
  return { ...value, description: `${description} Default: \`${fallback}\`.` };
}

if (import.meta.main) writeFileSync(FILE, await definitionType());
