import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OnnxValue } from '../../../src/model/onnxProto.ts';
import { chooseOutputs } from '../../../src/service/init/chooseOutputs.ts';

const tensor = (name: string, type: string, ...shape: (number | string)[]): OnnxValue => {
  return { name, kind: 'tensor', type, shape: ['N', ...shape], zipMap: false };
};
const choose = (outputs: OnnxValue[], score?: string, further: string[] = []) =>
  chooseOutputs({ outputs, notes: [] }, score, further);

test('of two classes the second is the score, and the label goes along', () => {
  const chosen = choose([tensor('label', 'int64'), tensor('probabilities', 'float32', 2)]);
  assert.ok(!('flag' in chosen));
  assert.deepEqual(chosen.outputs, [
    { name: 'score', tensor: 'probabilities', column: 1, type: 'float32' },
    { name: 'label', tensor: 'label', type: 'int64' },
  ]);
});

test('the one number of a regression is the score, whatever it is called', () => {
  const chosen = choose([tensor('variable', 'float32', 1)]);
  assert.deepEqual('flag' in chosen || chosen.outputs, [
    { name: 'score', tensor: 'variable', column: undefined, type: 'float32' },
  ]);
});

for (const [what, outputs, options] of [
  [
    'three classes',
    [tensor('probabilities', 'float32', 3)],
    ['probabilities:0', 'probabilities:1', 'probabilities:2'],
  ],
  [
    'an open number of columns',
    [tensor('probabilities', 'float32', 'k')],
    ['probabilities:0', 'probabilities:1'],
  ],
  ['two numbers', [tensor('churn', 'float32', 1), tensor('value', 'float32', 1)], ['churn', 'value']],
] as const) {
  test(`of ${what} none is taken for the score`, () => {
    const question = choose([...outputs]);
    assert.ok('flag' in question);
    assert.equal(question.flag, '--score');
    assert.deepEqual(question.options, options);
    assert.equal(question.likely, false);
  });
}

test('a score that is given is believed, and one that is not there is told with the nearest', () => {
  const outputs = [tensor('probabilities', 'float32', 3), tensor('probabilities:0', 'float32', 1)];
  const chosen = choose(outputs, 'probabilities:2', ['first=probabilities:0']);
  assert.deepEqual('flag' in chosen || chosen.outputs, [
    { name: 'score', tensor: 'probabilities', column: 2, type: 'float32' },
    { name: 'first', tensor: 'probabilities:0', type: 'float32' },
  ]);
  const question = choose(outputs, 'probabilites:1');
  assert.ok('flag' in question);
  assert.match(question.fix, /did you mean probabilities\?/);
  assert.ok('flag' in choose(outputs, 'probabilities:3'));
  assert.ok('flag' in choose(outputs, 'probabilities'));
});

test('a model whose only output is a ZipMap is asked for another export', () => {
  const question = chooseOutputs(
    {
      outputs: [{ ...tensor('output_probability', 'float32'), zipMap: true }],
      notes: ['output is a ZipMap'],
    },
    undefined,
    [],
  );
  assert.ok('flag' in question);
  assert.equal(question.flag, '--model');
  assert.match(question.problem, /ZipMap/);
});

test('names of further outputs are names of fields, each once', () => {
  const chosen = choose([
    tensor('risk', 'float32', 1),
    tensor('a b', 'int64'),
    tensor('a.b', 'int64'),
    tensor('1st', 'int64'),
  ]);
  assert.deepEqual(!('flag' in chosen) && chosen.outputs.map(({ name }) => name), [
    'score',
    'a_b',
    'a_b_2',
    '_1st',
  ]);
});
