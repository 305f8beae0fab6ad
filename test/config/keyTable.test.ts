import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { formatKeyTable } from '../../src/config/keyTable.ts';
import { parsed } from './fixture.ts';

const docs = readFileSync(new URL('../../docs/configure.md', import.meta.url), 'utf8');

/** A row of a table without what a formatter adds to line up its columns. */
function unpadded(row: string): string {
  return row.replace(/ +/g, ' ').replace(/\| ?-+ ?(?=\|)/g, '|-');
}

describe('docs/configure.md', () => {
  it('holds the table of all keys; `node src/cli/main.ts schema --keys` prints it anew', () => {
    const rows = new Set(docs.split('\n').map(unpadded));
    for (const row of formatKeyTable().trimEnd().split('\n')) {
      assert.ok(rows.has(unpadded(row)), `docs/configure.md lacks or has outdated: ${row}`);
    }
  });

  it('shows files that load', () => {
    const examples = [...docs.matchAll(/```yaml\n(pipeline:.*?)```/gs)].map((match) => match[1]!);
    assert.ok(examples.length > 0);
    const surroundings = {
      env: { KAFKA_PASSWORD: 'x', REGISTRY_PASSWORD: 'x' },
      files: { '/etc/tidemark/ca.pem': '-----BEGIN CERTIFICATE-----' },
    };
    for (const example of examples) assert.deepEqual(parsed(example, surroundings).warnings, []);
  });
});
