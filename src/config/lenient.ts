import { z } from 'zod';

/** What is valid of a value, where the rest is missing. */
export type Valid<T> = T extends readonly (infer Item)[]
  ? readonly Valid<Item>[] | undefined
  : T extends object
    ? { readonly [Key in keyof T]?: Valid<T[Key]> }
    : T | undefined;

/**
 * Parses every part of `raw` by itself and keeps the valid ones, so that contradictions between valid parts are told together
 * with the faults of the others. Defaults are filled in for what is absent, not for what is wrong.
 */
export function parseLeniently<Schema extends z.ZodType>(
  schema: Schema,
  raw: unknown,
): Valid<z.output<Schema>> {
  return parse(schema, raw) as Valid<z.output<Schema>>;
}

function parse(schema: z.core.$ZodType, raw: unknown): unknown {
  if (raw === undefined) return parseWhole(schema, raw);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return parse(schema.unwrap(), raw);
  }
  if (schema instanceof z.ZodObject && typeof raw === 'object' && raw !== null && !Array.isArray(raw)) {
    const parts = Object.entries(schema.shape).map(([key, member]) => [
      key,
      parse(member, ownValue(raw, key)),
    ]);
    return Object.fromEntries(parts.filter(([, value]) => value !== undefined));
  }
  if (schema instanceof z.ZodRecord && typeof raw === 'object' && raw !== null && !Array.isArray(raw)) {
    const parts = Object.entries(raw).map(([key, value]) => [key, parse(schema.valueType, value)]);
    return Object.fromEntries(parts.filter(([, value]) => value !== undefined));
  }
  if (schema instanceof z.ZodArray && Array.isArray(raw))
    return raw.map((item) => parse(schema.element, item));
  return parseWhole(schema, raw);
}

function parseWhole(schema: z.core.$ZodType, raw: unknown): unknown {
  const result = z.safeParse(schema, raw);
  return result.success ? result.data : undefined;
}

function ownValue(raw: object, key: string): unknown {
  return Object.hasOwn(raw, key) ? (raw as Record<string, unknown>)[key] : undefined;
}
