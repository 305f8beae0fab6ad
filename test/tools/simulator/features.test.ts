import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { features } from '../../../tools/simulator/features.ts';
import { simulate } from '../../../tools/simulator/simulate.ts';

const read = (path: string) => parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'));
const order = features.map((feature) => feature.name);
const nameOf = (entry: string | { name: string }) => (typeof entry === 'string' ? entry : entry.name);

test('training data, the rules for packing and the packed models have the same features in the same order', () => {
  assert.deepEqual(read('tools/train/features.yaml').map(nameOf), order);
  for (const version of ['1.0.0', '2.0.0']) {
    assert.deepEqual(read(`models/card-fraud/${version}/model.yaml`).features.map(nameOf), order, version);
  }
});

test('the pipeline finds each feature where training took it from', () => {
  const places: Record<string, string> = read('config/card-fraud.yaml').features;
  for (const transaction of simulate({ seed: 1, days: 45, customers: 5, terminals: 500 })) {
    for (const { name, of } of features) {
      const place = (places[name] ?? name).split('.');
      const found = place.reduce<unknown>(
        (value, field) => (value as Record<string, unknown>)[field],
        transaction,
      );
      assert.equal(typeof found === 'boolean' ? Number(found) : found, of(transaction), name);
    }
  }
});
