import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { type LoadedConfig, loadDefinition } from '../../src/config/load.ts';
import { parsed, pipelineText } from './fixture.ts';

function taken(loaded: LoadedConfig) {
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded;
}

test('an object means what the file with its keys means', () => {
  const text = pipelineText({ kafka: { group: 'g', brokers: `\${BROKERS:-a:1,b:2}` } });
  assert.deepEqual(taken(loadDefinition(parse(text), {})).config, parsed(text).config);
  assert.deepEqual(taken(loadDefinition(parse(text), { BROKERS: 'c:3' })).config.kafka.brokers, ['c:3']);
});

test('any text arrives as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (password) => {
      fc.pre(!password.includes('${'));
      const sasl = { mechanism: 'plain', username: 'u', password };
      const definition = { ...parse(pipelineText()), kafka: { brokers: 'a:1', group: 'g', sasl, tls: {} } };
      const { config } = taken(loadDefinition(definition, {}));
      assert.deepEqual(config.kafka.sasl, sasl);
    }),
  );
});

test('a secret in it was not written into a file, and other warnings have no line', () => {
  const sasl = { mechanism: 'plain', username: 'u', password: 'secret' };
  const definition = { ...parse(pipelineText()), kafka: { brokers: 'a:1', group: 'g', sasl } };
  const { warnings } = taken(loadDefinition(definition, {}));
  assert.deepEqual(warnings, [
    { path: 'kafka.sasl', message: 'sends the secret in the clear; give kafka.tls' },
  ]);
});

test('credentials that come from files by reference are read again', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'password');
  writeFileSync(file, 'old\n');
  const sasl = { mechanism: 'plain', username: 'u', password: `\${file:${file}}` };
  const definition = { ...parse(pipelineText()), kafka: { brokers: 'a:1', group: 'g', sasl } };
  const { kafka } = taken(loadDefinition(definition, {})).config;
  writeFileSync(file, 'new\n');
  assert.deepEqual(kafka.renewCredentials?.().sasl, { ...sasl, password: 'new' });
});
