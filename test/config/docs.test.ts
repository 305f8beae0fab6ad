import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse, stringify } from 'yaml';
import { parseConfig } from '../../src/config/load.ts';

const docs = readFileSync(new URL('../../docs/configure.md', import.meta.url), 'utf8');
const blocks = [...docs.matchAll(/```yaml\n([\s\S]*?)```/g)]
  .map(([, block]) => block!)
  .filter((block) => parse(block) !== null);
const sources = {
  env: { KAFKA_PASSWORD: 'k', REGISTRY_PASSWORD: 'r' },
  readFile: () => ({ text: '-----BEGIN CERTIFICATE-----' }),
};

describe('the examples of docs/configure.md', () => {
  it('load: the least there can be, and the secure sections in place of its own', () => {
    const [least, secure] = blocks;
    assert.equal(blocks.length, 2);
    for (const text of [least!, stringify({ ...parse(least!), ...parse(secure!) })]) {
      const loaded = parseConfig(text, 'docs/configure.md', sources);
      assert.deepEqual(loaded.ok ? [] : loaded.faults, []);
    }
  });

  it('have no more than is needed', () => {
    const least = parse(blocks[0]!) as Record<string, unknown>;
    for (const key of Object.keys(least)) {
      const { [key]: _, ...others } = least;
      assert.ok(!parseConfig(stringify(others), 'least.yaml', sources).ok, `${key} is not needed`);
    }
  });
});
