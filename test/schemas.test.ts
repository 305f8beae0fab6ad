/** Whoever makes classes of all schemas in schemas/ gets one class for each name: a name must not mean two things. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

type Json = Readonly<Record<string, unknown>>;

/** Calls `found` with the full name of each named type that is defined in a schema (Avro specification, "Names"). */
function namedTypes(schema: unknown, namespace: string, found: (name: string, type: Json) => void): void {
  if (Array.isArray(schema)) {
    for (const branch of schema) namedTypes(branch, namespace, found);
    return;
  }
  if (typeof schema !== 'object' || schema === null) return;
  const type = schema as Json;
  const own = String(type.namespace ?? namespace);
  if (['record', 'enum', 'fixed'].includes(String(type.type))) found(`${own}.${type.name}`, type);
  for (const key of ['type', 'fields', 'items', 'values']) namedTypes(type[key], own, found);
}

test('a full name means the same type in all schemas', () => {
  const types = new Map<string, { readonly file: string; readonly type: Json }>();
  for (const file of globSync('schemas/*.avsc').sort()) {
    namedTypes(JSON.parse(readFileSync(file, 'utf8')), '', (name, { doc, ...type }) => {
      const before = types.get(name) ?? { file, type };
      assert.ok(isDeepStrictEqual(before.type, type), `${name} differs in ${before.file} and ${file}`);
      types.set(name, before);
    });
  }
  assert.ok(types.size >= 6, `${types.size} types`);
});
