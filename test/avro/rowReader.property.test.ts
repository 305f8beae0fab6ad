import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Type } from 'avsc';
import fc from 'fast-check';
import { outputFieldSchema } from '../../src/avro/eventWriter.ts';
import { parseSchemaText } from '../../src/avro/parseSchema.ts';
import type { RowPlan } from '../../src/avro/plan.ts';
import { analyseSchema, compileRowReader } from '../../src/avro/rowReader.ts';
import { type FeaturePlan, type FieldPath, READ_OK, type RowReader } from '../../src/pipeline/ports.ts';
import { expectedOf, fits, lacks, type Sample, same } from './support/expectedFeature.ts';
import { carriedBytes, elementOf, leafKinds, pathsOf, ROW, targetFor } from './support/oracle.ts';
import { type Ast, avscType, framed, RandomAvro, type RecordAst, toSchema } from './support/randomAvro.ts';

const RUNS = { numRuns: 400 };
const MISSING = -12345.5;
const CATEGORIES = ['GREEN', 'web', 'RED'];

function sample(g: fc.GeneratorValue): Sample {
  const random = new RandomAvro(g);
  const ast = random.record(3);
  const body = random.encode(ast, random.value(ast));
  const schema = toSchema(ast);
  const value = avscType(schema).fromBuffer(body);
  return { ast, schema: JSON.stringify(schema), value, bytes: framed(body), random };
}

function planOf(features: readonly FeaturePlan[], more: Partial<RowPlan> = {}): RowPlan {
  return { features, carried: [], ...more };
}

/** What an unknown category becomes where it is not rejected. */
const unknownFill = (type: FeaturePlan['type']) => (type === 'string' ? 'UNKNOWN' : 7);

function feature(path: FieldPath, type: FeaturePlan['type'], more: Partial<FeaturePlan> = {}): FeaturePlan {
  const missing =
    type === 'string'
      ? 'MISSING'
      : type === 'float64' || type === 'float32'
        ? MISSING
        : type === 'bool'
          ? 0
          : -1;
  return { name: 'it', path, input: 0, column: 0, type, missing, unknown: 'reject', ...more };
}

function codeOf(reader: RowReader, result: number): string {
  return result === READ_OK ? 'ok' : reader.explain(result).code;
}

/** Paths that an avsc object cannot hold: it assigns the key to its prototype. */
const isHeld = (path: FieldPath): boolean => !path.includes('__proto__');

function assertFeature(of: Sample, plan: FeaturePlan): string {
  const reader = compileRowReader(7, of.schema, [], planOf([plan]));
  const target = targetFor(plan.type, 1, 0);
  const result = reader.read(of.bytes, 0, of.bytes.length, ROW, target);
  const expected = expectedOf(of, plan);
  const what = `${JSON.stringify(plan)} of ${of.schema}`;
  const isRead = expected !== 'E-SCHEMA-UNUSABLE';
  const { missing, unknown } = lacks(of, plan);
  assert.deepEqual([...target.missing], [Number(isRead && missing)], `missing: ${what}`);
  assert.deepEqual([...target.unknown], [Number(isRead && unknown)], `unknown: ${what}`);
  if (result !== READ_OK) {
    assert.equal(codeOf(reader, result), expected, what);
    return codeOf(reader, result);
  }
  const element = elementOf(target, 0);
  assert.equal(element, same(element, expected), what);
  return missing ? 'missing' : unknown ? 'unknown' : 'ok';
}

test('a feature at any path of any schema is what avsc decodes there', () => {
  const seen = new Map<string, number>();
  const property = fc.property(fc.gen(), (g) => {
    const of = sample(g);
    const paths = pathsOf(of.ast).filter(isHeld);
    for (let i = 0; i < 6 && paths.length > 0; i++) {
      const type = of.random.pick(['float64', 'float32', 'int32', 'int64', 'bool', 'string'] as const);
      const categories = of.random.pick([undefined, undefined, CATEGORIES]);
      const missing = of.random.pick([undefined, 'reject']);
      const unknown = of.random.pick([undefined, unknownFill(type)]);
      const more = {
        ...(categories && type !== 'bool' && { categories }),
        ...(missing && { missing }),
        ...(categories && type !== 'bool' && unknown && { unknown }),
      };
      const plan = feature(of.random.pick(paths), type, more);
      const outcome = assertFeature(of, plan);
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    }
  });
  fc.assert(property, RUNS);
  const outcomes = ['ok', 'missing', 'unknown', 'E-FEATURE-MISSING', 'E-FEATURE-RANGE', 'E-FEATURE-CATEGORY'];
  for (const outcome of [...outcomes, 'E-SCHEMA-UNUSABLE']) {
    assert.ok((seen.get(outcome) ?? 0) > 5, `the samples hardly reach ${outcome}: ${seen.get(outcome)}`);
  }
});

test('all features of a schema are read together as each is read alone', () => {
  const property = fc.property(fc.gen(), (g) => {
    const of = sample(g);
    const plans = pathsOf(of.ast)
      .filter(isHeld)
      .map((path) => feature(path, 'float64'))
      .filter((plan) => typeof expectedOf(of, plan) === 'number' || typeof expectedOf(of, plan) === 'bigint')
      .map((plan, column) => ({ ...plan, name: `f${column}`, column }));
    const reader = compileRowReader(7, of.schema, [], planOf(plans));
    const target = targetFor('float64', plans.length, 0);
    assert.equal(codeOf(reader, reader.read(of.bytes, 0, of.bytes.length, ROW, target)), 'ok');
    const missing = plans.map((plan) => Number(lacks(of, plan).missing));
    assert.deepEqual([...target.missing], missing);
    for (const plan of plans) {
      const [element, expected] = [Number(elementOf(target, plan.column)), Number(expectedOf(of, plan))];
      assert.ok(Math.abs(element - expected) <= Math.abs(expected) * 1e-12, JSON.stringify(plan.path));
    }
  });
  fc.assert(property, RUNS);
});

test('a body cut anywhere is truncated, and a longer one trails', () => {
  const property = fc.property(fc.gen(), (g) => {
    const of = sample(g);
    const reader = compileRowReader(7, of.schema, [], planOf([]));
    const target = targetFor('float32', 0, 0);
    assert.equal(codeOf(reader, reader.read(of.bytes, 0, of.bytes.length, ROW, target)), 'ok');
    for (let end = 5; end < of.bytes.length; end++) {
      const code = codeOf(reader, reader.read(of.bytes, 0, end, ROW, target));
      // A block that says its size may be found too long for its items before the end is.
      assert.ok(code === 'E-AVRO-TRUNCATED', `${code} when cut to ${end} of ${of.bytes.length}`);
    }
    const longer = new Uint8Array([...of.bytes, 0]);
    assert.equal(codeOf(reader, reader.read(longer, 0, longer.length, ROW, target)), 'E-AVRO-TRAILING');
  });
  fc.assert(property, RUNS);
});

test('a field carried as it is decodes to what the event holds, wherever the event lies in its block', () => {
  const property = fc.property(fc.gen(), (g) => {
    const of = sample(g);
    const fields = of.ast.fields.filter(({ type }) => type.kind !== 'null');
    const node = parseSchemaText(of.schema);
    const carried = fields.map(({ name }) => ({
      path: [name],
      target: name,
      schema: outputFieldSchema(node, name),
    }));
    const reader = compileRowReader(7, of.schema, [], planOf([], { carried }));
    const target = targetFor('float32', 0, carried.length);
    const block = new Uint8Array([9, 9, 9, ...of.bytes, 9]);
    assert.equal(codeOf(reader, reader.read(block, 3, block.length - 1, ROW, target)), 'ok');
    carried.forEach(({ target: name, schema }, slot) => {
      const type = avscType(schema);
      const decoded = type.fromBuffer(carriedBytes(target, block, slot));
      // As bytes again: where a map has the key __proto__, avsc's objects are not to be compared.
      assert.deepEqual(
        type.toBuffer(decoded),
        type.toBuffer((of.value as Record<string, unknown>)[name]),
        name,
      );
      assert.ok(target.spans[2 * (carried.length + slot)]! >= 0, 'it is a span');
    });
  });
  fc.assert(property, RUNS);
});

/** Undefined where avsc 5.7.9 cannot read with the resolver it has made ("_read is not a function"). */
function resolvedByAvsc(to: Type, from: Type, written: Buffer): { value: unknown } | undefined {
  try {
    return { value: to.fromBuffer(written, to.createResolver(from)) };
  } catch (cause) {
    if (cause instanceof TypeError && cause.message.endsWith('is not a function')) return undefined;
    throw cause;
  }
}

test('a field carried into an evolved schema decodes to what avsc resolves it to', () => {
  let transcoded = 0;
  const property = fc.property(fc.gen(), (g) => {
    const of = sample(g);
    const evolved: RecordAst = {
      ...of.ast,
      fields: of.ast.fields.map((field) => ({ ...field, type: evolve(field.type, of.random) })),
    };
    const target = parseSchemaText(JSON.stringify(toSchema(evolved)));
    const carried = evolved.fields.map(({ name }) => ({
      path: [name],
      target: name,
      schema: outputFieldSchema(target, name),
    }));
    const reader = compileRowReader(7, of.schema, [], planOf([], { carried }));
    const row = targetFor('float32', 0, carried.length);
    assert.equal(
      codeOf(reader, reader.read(of.bytes, 0, of.bytes.length, ROW, row)),
      'ok',
      `${of.schema} to ${JSON.stringify(toSchema(evolved))}`,
    );
    const node = parseSchemaText(of.schema);
    carried.forEach(({ target: name, schema }, slot) => {
      if (hasRivals(evolved.fields[slot]!.type)) return;
      const [from, to] = [avscType(outputFieldSchema(node, name)), avscType(schema)];
      const written = from.toBuffer((of.value as Record<string, unknown>)[name]);
      const expected = resolvedByAvsc(to, from, written);
      if (expected === undefined) return;
      const decoded = to.fromBuffer(carriedBytes(row, of.bytes, slot));
      assert.deepEqual(
        to.toBuffer(decoded),
        to.toBuffer(expected.value),
        `${name}: ${JSON.stringify(from.schema())} to ${JSON.stringify(to.schema())} ${written.toString('hex')}`,
      );
      if (row.spans[2 * (carried.length + slot)]! < 0) transcoded++;
    });
  });
  fc.assert(property, RUNS);
  assert.ok(transcoded > 100, `hardly anything was transcoded: ${transcoded}`);
});

/** Unions in which avsc promotes to the first branch that can hold a value, though a later one is of its very type. */
function hasRivals(ast: Ast, seen = new Set<Ast>()): boolean {
  if (seen.has(ast)) return false;
  seen.add(ast);
  switch (ast.kind) {
    case 'record':
      return ast.fields.some(({ type }) => hasRivals(type, seen));
    case 'array':
      return hasRivals(ast.items, seen);
    case 'map':
      return hasRivals(ast.values, seen);
    case 'union': {
      const kinds = ast.branches.map((branch) => branch.kind);
      const rivals = [
        ['bytes', 'string'],
        ['int', 'long', 'float', 'double'],
      ];
      const clash = rivals.some((group) => kinds.filter((kind) => group.includes(kind)).length > 1);
      return clash || ast.branches.some((branch) => hasRivals(branch, seen));
    }
    default:
      return false;
  }
}

/** A schema that values of `ast` can be resolved to: promoted, reordered, extended, made nullable. */
function evolve(ast: Ast, random: RandomAvro, nullable = true): Ast {
  const choice = random.pick([0, 1, 2]);
  if (choice === 0 && nullable && ast.kind !== 'union' && ast.kind !== 'null') {
    const inner = evolve(ast, random, false);
    return {
      kind: 'union',
      branches: random.pick([true, false]) ? [{ kind: 'null' }, inner] : [inner, { kind: 'null' }],
    };
  }
  switch (ast.kind) {
    case 'int':
      return ast.logical ? ast : { kind: random.pick(['int', 'long', 'float', 'double'] as const) };
    case 'float':
      return { kind: random.pick(['float', 'double'] as const) };
    case 'enum':
      return { ...ast, symbols: random.pick([ast.symbols, ['NEW', ...[...ast.symbols].reverse()]]) };
    case 'array':
      return { kind: 'array', items: evolve(ast.items, random) };
    case 'map':
      return { kind: 'map', values: evolve(ast.values, random) };
    case 'union': {
      const extra: Ast = { kind: 'enum', name: 'Added', symbols: ['X'] };
      return random.pick([ast, { kind: 'union', branches: [extra, ...[...ast.branches].reverse()] }]);
    }
    default:
      return ast;
  }
}

test('the analysis of a schema blocks exactly when every event would be rejected for it', () => {
  const property = fc.property(fc.gen(), (g) => {
    const of = sample(g);
    for (const path of pathsOf(of.ast).slice(0, 8)) {
      const plan = feature(path, of.random.pick(['float64', 'string']));
      const blocks = analyseSchema(parseSchemaText(of.schema), planOf([plan])).some((fault) => fault.blocks);
      const kinds = leafKinds(of.ast, path).filter((kind) => kind.kind !== 'null');
      assert.equal(blocks, kinds.length > 0 && !kinds.some((kind) => fits(plan, kind)));
    }
  });
  fc.assert(property, RUNS);
});
