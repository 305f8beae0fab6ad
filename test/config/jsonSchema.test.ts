import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { parse as parseYaml } from 'yaml';
import { describeKeys, pipelineJsonSchema } from '../../src/config/jsonSchema.ts';
import { loadConfig } from '../../src/config/load.ts';
import { parse, pipelineText } from './fixture.ts';

const root = new URL('../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');

const validate = new Ajv({ strict: true, strictTypes: false, formats: { 'date-time': true } }).compile(
  pipelineJsonSchema(),
);

describe('the JSON Schema', () => {
  it('is the one that is committed; `node src/cli/main.ts schema` prints it anew', () => {
    assert.deepEqual(JSON.parse(read('config/pipeline.schema.json')), pipelineJsonSchema());
  });

  it('describes every key', () => {
    assert.deepEqual(
      describeKeys().filter((key) => key.description === ''),
      [],
    );
  });

  for (const example of ['config/card-fraud.yaml', 'config/click-intent.yaml']) {
    it(`accepts ${example}, which loads without a warning`, () => {
      assert.ok(validate(parseYaml(read(example))), JSON.stringify(validate.errors));
      const loaded = loadConfig(new URL(example, root).pathname, {});
      assert.ok(loaded.ok);
      assert.deepEqual(loaded.warnings, []);
    });
  }

  it('accepts references in place of any scalar', () => {
    const text = pipelineText({
      kafka: {
        brokers: `\${B}`,
        session_timeout: `\${A:-10s}`,
        sasl: { mechanism: `\${M}`, username: 'u', password: `\${P}` },
      },
      batching: { max_rows: `\${N:-5}` },
      output: { register: `\${R:-true}`, partitioner: `\${K:-key}` },
      input: { start: `\${START:-latest}` },
    });
    assert.ok(validate(parseYaml(text)), JSON.stringify(validate.errors));
  });

  it('refuses what loading refuses of single values', () => {
    const changes = [
      { other: 1 },
      { input: { strat: 'latest' } },
      { kafka: { sasl: { mechanism: 'plain', username: 'u', password: 'p', token: 't' } } },
      { model: undefined },
      { commit_every: 5 },
      { commit_every: '5 s' },
      { batching: { max_rows: 0 } },
      { batching: { max_in_flight: '64mb' } },
      { output: { fields: { a: 'amount' } } },
      { features: { f: 'a..b' } },
      { input: { start: 'now' } },
      { http: false },
      { http: { prot: 1 } },
      { tracing: {} },
      { tracing: { endpoint: 'collector:4318' } },
      { tracing: { endpoint: 'http://t', sample: 1.5 } },
      { tracing: { endpoint: 'http://t', max_per_second: 0 } },
      { tracing: { endpoint: 'http://t', headers: { 'no name': 'x' } } },
      { tracing: { endpoint: 'http://t', headers: { name: 'two\nlines' } } },
    ];
    for (const change of changes) {
      const text = pipelineText(change);
      assert.equal(validate(parseYaml(text)), false, text);
      assert.equal(parse(text).ok, false, text);
    }
    assert.ok(validate(parseYaml(pipelineText())));
  });
});
