import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSchema } from '../../src/avro/parseSchema.ts';
import type { RowPlan } from '../../src/avro/plan.ts';
import { analyseId, analyseSchema } from '../../src/avro/rowReader.ts';
import type { FeaturePlan, FieldPath } from '../../src/pipeline/ports.ts';

const schema = parseSchema({
  type: 'record',
  name: 'Event',
  fields: [
    { name: 'amount', type: 'double' },
    { name: 'note', type: ['null', 'string'] },
    { name: 'mixed', type: ['double', 'string'] },
    { name: 'color', type: { type: 'enum', name: 'Color', symbols: ['RED', 'BLUE'] } },
    { name: 'tags', type: { type: 'array', items: 'double' } },
  ],
});

function feature(path: FieldPath, more: Partial<FeaturePlan> = {}): FeaturePlan {
  return {
    name: String(path[0]),
    path,
    input: 0,
    column: 0,
    type: 'float32',
    missing: 'reject',
    unknown: 'reject',
    ...more,
  };
}

function faultsOf(plan: Partial<RowPlan>): { blocks: boolean; problem: string; of: string }[] {
  return analyseSchema(schema, { features: [], carried: [], ...plan }).map(({ of, blocks, problem }) => ({
    of,
    blocks,
    problem,
  }));
}

function carry(path: FieldPath, to: unknown) {
  return faultsOf({ carried: [{ path, target: 'out', schema: to }] });
}

test('what a schema serves has no faults', () => {
  const features = [
    feature(['amount']),
    feature(['color'], { categories: ['RED'] }),
    feature(['tags', 3], { missing: 0 }),
  ];
  assert.deepEqual(faultsOf({ features }), []);
  assert.deepEqual(carry(['note'], ['null', 'string']), []);
  assert.deepEqual(carry(['amount'], ['null', 'double']), []);
});

test('a feature of the wrong type blocks, one that only some events hold wrong does not', () => {
  assert.deepEqual(faultsOf({ features: [feature(['note'])] }), [
    { of: 'feature', blocks: true, problem: 'its type is string' },
  ]);
  assert.deepEqual(faultsOf({ features: [feature(['tags'])] }), [
    { of: 'feature', blocks: true, problem: 'its type is array of double' },
  ]);
  assert.deepEqual(faultsOf({ features: [feature(['mixed'])] }), [
    { of: 'feature', blocks: false, problem: 'its type is string' },
  ]);
});

test('a feature that is not there blocks only when it is required', () => {
  assert.deepEqual(
    faultsOf({ features: [feature(['gone'])] }).map((fault) => fault.blocks),
    [true],
  );
  assert.deepEqual(
    faultsOf({ features: [feature(['gone'], { missing: 0 })] }).map((fault) => fault.blocks),
    [false],
  );
  assert.deepEqual(
    faultsOf({ features: [feature(['amount', 'cents'])] }).map((fault) => fault.blocks),
    [true],
  );
  assert.deepEqual(
    faultsOf({ features: [feature(['tags', 'first'])] }).map((fault) => fault.blocks),
    [true],
  );
});

test('a carried field whose type never fits blocks; values without a place are told and do not', () => {
  assert.deepEqual(
    carry(['amount'], 'long').map((fault) => fault.blocks),
    [true],
  );
  assert.deepEqual(
    carry(['gone'], 'long').map((fault) => fault.blocks),
    [true],
  );
  assert.deepEqual(
    carry(['gone'], ['null', 'long']).map((fault) => fault.blocks),
    [false],
  );
  assert.deepEqual(
    carry(['note'], 'string').map((fault) => fault.blocks),
    [false],
    'null has no place',
  );
  assert.deepEqual(
    carry(['mixed'], 'double').map((fault) => fault.blocks),
    [false],
    'text has no place',
  );
  const red = { type: 'enum', name: 'Color', symbols: ['RED'] };
  assert.match(carry(['color'], red)[0]!.problem, /BLUE/);
  assert.equal(carry(['color'], red)[0]!.blocks, false);
});

test('an event time that is none is told, and blocks nothing', () => {
  assert.deepEqual(
    faultsOf({ eventTime: ['note'] }).map(({ of, blocks }) => [of, blocks]),
    [['event-time', false]],
  );
  assert.deepEqual(
    faultsOf({ eventTime: ['gone'] }).map(({ of, blocks }) => [of, blocks]),
    [['event-time', false]],
  );
});

test('a schema none of whose records count is told as that alone', () => {
  const features = [feature(['gone'])];
  assert.deepEqual(
    faultsOf({ features, records: ['Other'] }).map(({ of, blocks }) => [of, blocks]),
    [['records', false]],
  );
});

test('an id can be text or whole numbers; elsewhere, and of other types, it is told', () => {
  const idFaults = (...id: FieldPath) => analyseId(schema, { features: [], carried: [], id });
  assert.deepEqual([...idFaults('note'), ...idFaults('color')], []);
  for (const [path, problem] of [
    ['gone', 'record Event has no such field'],
    ['tags', 'its type is array of double'],
  ] as const) {
    assert.deepEqual(
      idFaults(path).map(({ of, problem, blocks }) => [of, problem, blocks]),
      [['id', problem, false]],
    );
  }
});

test('what is not there is told from what cannot be used', () => {
  const absent = (path: FieldPath) =>
    analyseSchema(schema, { features: [feature(path, { missing: 0 })], carried: [] }).map(
      (fault) => fault.absent,
    );
  assert.deepEqual(absent(['gone']), [true]);
  assert.deepEqual(absent(['note']), [undefined]);
});
