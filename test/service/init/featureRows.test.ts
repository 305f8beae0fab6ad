import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSchema } from '../../../src/avro/parseSchema.ts';
import type { OnnxValue } from '../../../src/model/onnxProto.ts';
import { eventPlaces } from '../../../src/service/eventPlaces.ts';
import { nameFeatures, unplaced } from '../../../src/service/init/featureRows.ts';

const TIME = { type: 'long', logicalType: 'timestamp-millis' };
const places = eventPlaces(
  parseSchema({
    type: 'record',
    name: 'E',
    fields: [
      { name: 'id', type: 'long' },
      { name: 'at', type: TIME },
      { name: 'name', type: 'string' },
      { name: 'age', type: 'int' },
      {
        name: 'home',
        type: { type: 'record', name: 'H', fields: [{ name: 'rooms', type: ['null', 'int'] }] },
      },
      { name: 'paid', type: 'boolean' },
      { name: 'depths', type: { type: 'array', items: 'float' } },
    ],
  }),
);

const input = (name: string, ...shape: (number | string)[]): OnnxValue => {
  return { name, kind: 'tensor', type: 'float32', shape: ['N', ...shape], zipMap: false };
};
const named = (inputs: OnnxValue[], metadata: Record<string, string> = {}, yes = false) => {
  const found = nameFeatures({ file: 'm.onnx', inputs, metadata }, places, yes);
  return 'flag' in found ? `${found.flag} ${found.options.join()}`.trim() : found.entries;
};

test('an input for each column names its feature', () => {
  assert.deepEqual(named([input('age', 1), input('home_rooms', 1)]), [
    { name: 'age' },
    { name: 'home_rooms' },
  ]);
  assert.deepEqual(named([input('age')]), [{ name: 'age' }]);
});

test('names in the metadata go before the order of the schema, also beside inputs of one column', () => {
  const metadata = { feature_names: '["rooms","paid","age"]' };
  assert.deepEqual(named([input('X', 3)], metadata), [{ name: 'rooms' }, { name: 'paid' }, { name: 'age' }]);
  assert.deepEqual(named([input('X', 'k')], metadata), [
    { name: 'rooms' },
    { name: 'paid' },
    { name: 'age' },
  ]);
  assert.deepEqual(named([input('X', 2), input('name', 1)], { feature_names: 'age,paid' }), [
    { name: 'name' },
    { name: 'age', input: 'X' },
    { name: 'paid', input: 'X' },
  ]);
});

test('exactly as many numeric fields as columns, ids, times and arrays left out, are a likely answer and no more', () => {
  assert.equal(named([input('X', 3)]), '--features age,home_rooms,paid');
  assert.deepEqual(named([input('X', 3)], {}, true), [
    { name: 'age' },
    { name: 'home_rooms' },
    { name: 'paid' },
  ]);
});

test('another number of columns, an open one or several wide inputs have to be named, whatever --yes says', () => {
  for (const inputs of [
    [input('X', 2)],
    [input('X', 4)],
    [input('X', 'k')],
    [input('X', 2), input('Y', 1)],
    [input('X', 1)],
  ])
    assert.equal(named(inputs, {}, true), '--features', JSON.stringify(inputs));
});

test('columns that get no feature, or two, are told', () => {
  assert.match(unplaced([{ name: 'a' }], [input('X', 2)]).faults.join(), /1 for input X, expected 2/);
  assert.deepEqual(unplaced([{ name: 'a' }, { name: 'b' }], [input('X', 'k')]).faults, []);
});
