import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import avro from 'avsc';
import { parse } from 'yaml';
import { parseFieldPath } from '../../../../src/config/fieldPath.ts';
import { pageKinds } from '../../../../tools/simulator/clicks/click.ts';
import { features } from '../../../../tools/simulator/clicks/features.ts';
import { simulateClicks } from '../../../../tools/simulator/clicks/simulate.ts';

const text = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');
const read = (path: string) => parse(text(path));
const order = Object.keys(features);
const nameOf = (entry: string | { name: string }) => (typeof entry === 'string' ? entry : entry.name);

test('training data, the rules for packing and the packed model have the same features in the same order', () => {
  assert.deepEqual(read('tools/train/clicks/features.yaml').map(nameOf), order);
  assert.deepEqual(read('models/click-intent/1.0.0/model.yaml').features.map(nameOf), order);
});

test('the pipeline finds each feature where training took it from', () => {
  const places: Record<string, string> = read('config/click-intent.yaml').features;
  for (const click of simulateClicks({ seed: 1, days: 6, visitors: 200 })) {
    for (const [name, of] of Object.entries(features)) {
      const place = parseFieldPath(places[name] ?? name)!;
      const found = place.reduce<unknown>(
        (value, step) => (value as Record<string, unknown> | null)?.[step],
        click,
      );
      assert.equal(found ?? null, of(click), name);
    }
  }
});

test('a click is what schemas/click.avsc says, and its pages are those of the enum', () => {
  const type = avro.Type.forSchema(JSON.parse(text('schemas/click.avsc')));
  const pages = JSON.parse(text('schemas/click.avsc')).fields.find(
    ({ name }: { name: string }) => name === 'page',
  );
  assert.deepEqual(pages.type.symbols, [...pageKinds]);
  for (const { intent: _intent, ...click } of simulateClicks({ seed: 1, days: 6, visitors: 200 })) {
    const event = { ...click, event_time: 1_700_000_000_000 };
    assert.deepEqual(JSON.parse(JSON.stringify(type.fromBuffer(type.toBuffer(event)))), event);
  }
});
