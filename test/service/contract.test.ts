import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSchema } from '../../src/avro/parseSchema.ts';
import { type ContractFault, type ModelFacts, proveContract } from '../../src/service/contract.ts';
import { parsed, pipelineText } from '../config/fixture.ts';

const event = parseSchema({
  type: 'record',
  name: 'Event',
  fields: [
    { name: 'sample_id', type: 'string' },
    { name: 'taken_at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'size', type: { type: 'record', name: 'Size', fields: [{ name: 'radius', type: 'double' }] } },
    { name: 'note', type: ['null', 'string'] },
  ],
});
const scored = parseSchema({
  type: 'record',
  name: 'Scored',
  fields: [
    { name: 'score', type: 'double' },
    { name: 'note', type: ['null', 'string'], default: null },
    { name: 'verdict', type: { type: 'enum', name: 'Verdict', symbols: ['good', 'bad'] }, default: 'good' },
  ],
});
const model: ModelFacts = {
  name: 'm',
  version: '1.0.0',
  digest: '0',
  features: [
    { name: 'radius', input: 0, column: 0, type: 'float32', missing: Number.NaN, unknown: 'reject' },
  ],
  outputs: [{ name: 'score', type: 'float32' }],
};
const sound = { features: { radius: 'size.radius' } };

function prove(changes: Record<string, unknown>) {
  const { config } = parsed(pipelineText({ ...sound, ...changes }));
  return proveContract(config, model, scored, event);
}

const faultAt = (changes: Record<string, unknown>): ContractFault => {
  const { faults } = prove(changes);
  assert.equal(faults.length, 1, JSON.stringify(faults, null, 2));
  return faults[0]!;
};
const declared = { schema: 'event.avsc' };

test('parts that fit have no faults', () => {
  assert.deepEqual(prove({ input: { id: 'sample_id', time: 'taken_at' } }).faults, []);
});

test('a place that is not in the event is told with the likely one', () => {
  const { where, suggestion } = faultAt({ input: { time: 'taken' } });
  assert.deepEqual([where, suggestion], ['input.time', 'taken_at']);
  const id = faultAt({ input: { id: 'smaple_id' } });
  assert.deepEqual([id.where, id.suggestion], ['input.id', 'sample_id']);
  assert.equal(faultAt({ input: { id: 'size' } }).problem, 'its type is record Size at event.size');
});

test('a feature without a place is told with the line that would give it one', () => {
  const fault = faultAt({ features: {}, input: declared });
  assert.deepEqual(
    [fault.where, fault.suggestion, fault.mapping],
    ['features.radius', 'size.radius', 'radius: size.radius'],
  );
  assert.match(fault.expected, /or its place under `features`/);
});

test('what the declared schema lacks is a fault even where something stands in; in the registry’s it is a warning', () => {
  const features = { radius: 'size.radus' };
  assert.equal(faultAt({ features, input: declared }).where, 'features.radius');
  const { faults, warnings } = prove({ features });
  assert.deepEqual(faults, []);
  assert.match(warnings.join(), /features\.radius: .*; did you mean size\.radius\?/);
  const output = { fields: { score: 'model.score', note: 'event.noet' } };
  assert.equal(faultAt({ output, input: declared }).suggestion, 'event.note');
});

test('a slip in one source is one fault, not a second one that follows from it', () => {
  const fault = faultAt({ output: { fields: { score: 'model.scor' } } });
  assert.deepEqual([fault.where, fault.suggestion], ['output.fields.score', 'score']);
});

test('names that the output does not have come with the nearest', () => {
  const field = faultAt({ output: { fields: { score: 'model.score', noet: 'event.note' } } });
  assert.deepEqual([field.where, field.suggestion], ['output.fields.noet', 'note']);
  const rules = [{ at_least: 0.5, is: 'godo' }, { is: 'bda' }];
  const decision = faultAt({
    decision: { on: 'score', rules },
    output: { fields: { score: 'model.score', verdict: 'decision' } },
  });
  assert.match(decision.problem, /the decisions "godo", "bda" are no symbols of it/);
  assert.deepEqual([decision.expected, decision.suggestion], ['one of good, bad', 'good']);
});

test('a long list of valid words is cut', () => {
  const features = Array.from({ length: 40 }, (_, at) => ({
    ...model.features[0]!,
    name: `f${at}`,
    column: at,
  }));
  const { config } = parsed(pipelineText({ features: { g99: 'size.radius' } }));
  const { faults } = proveContract(config, { ...model, features }, scored, undefined);
  assert.match(faults[0]!.expected, /^one of 40: f0, .*f11, \.\.\.$/);
});

test('without the model, or the output schema, what does not rest on it is told', () => {
  const { config } = parsed(
    pipelineText({
      features: { gone: 'gone' },
      input: { id: 'smaple_id', schema: 'event.avsc' },
      output: { fields: { score: 'model.score', noet: 'event.note' } },
    }),
  );
  const wheres = (of: readonly ContractFault[]) => of.map(({ where }) => where);
  assert.deepEqual(wheres(proveContract(config, undefined, scored, event).faults), [
    'output.fields.noet',
    'input.id',
  ]);
  assert.deepEqual(wheres(proveContract(config, model, undefined, event).faults), [
    'features.gone',
    'features.radius',
    'input.id',
  ]);
});
