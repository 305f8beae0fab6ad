import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import { followsFrom } from '../../src/config/provable.ts';

const SOURCES = { env: {}, readFile: () => ({ unreadable: 'no files here' }) };

const FILE = `
pipeline: p
kafka: { brokers: [localhost:9092], group: g }
registry: { url: http://localhost:8081 }
input: { topic: in, schema: in.avsc }
model: { package: models/m/1.0.0 }
output: { topic: out, schema: out.avsc, fields: { score: model.score } }
dead_letter: { topic: dead }
`;

function provableOf(text: string) {
  const loaded = parseConfig(text, 'p.yaml', SOURCES);
  assert.ok(!loaded.ok);
  return loaded.provable;
}

test('what is valid of a faulty file can still be proved', () => {
  const provable = provableOf(`${FILE}batching: { max_rowz: 5, max_delay: 5 }\n`);
  assert.equal(provable?.model.package, 'models/m/1.0.0');
  assert.equal(provable?.input.schema, 'in.avsc');
  assert.deepEqual(provable?.output.fields, { score: { from: 'model', output: 'score' } });
});

test('nothing is proved where too much depends on what is wrong', () => {
  assert.equal(provableOf(FILE.replace('{ package: models/m/1.0.0 }', '5')), undefined);
  assert.equal(provableOf(FILE.replace('schema: out.avsc', 'schema: 5')), undefined);
  assert.equal(provableOf(`${FILE}decision: { on: score, rules: [{ at_least: 0.5 }] }\n`), undefined);
  assert.equal(provableOf(`${FILE}x: [\n`), undefined, 'a syntax fault');
});

test('a fault at or below one that is told, or beside a misspelt key, follows from it', () => {
  const told = [
    { path: 'output.fields.score', problem: 'is wrong', expected: 'a source' },
    { path: 'featurs', problem: 'is not a known key', expected: 'a key', suggestion: 'features' },
  ];
  assert.ok(followsFrom('output.fields.score', told));
  assert.ok(followsFrom('features.amount', told));
  assert.ok(followsFrom('features["a.b"]', told));
  assert.ok(!followsFrom('output.fields.score_2', told));
  assert.ok(!followsFrom('decision.on', told));
});
