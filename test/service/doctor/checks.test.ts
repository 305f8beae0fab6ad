import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CHECKS } from '../../../src/service/doctor/checks.ts';

test('docs/doctor.md explains each check in a line, in the order in which they are told', () => {
  const page = readFileSync(new URL('../../../docs/doctor.md', import.meta.url), 'utf8');
  const [, table] = page.split('\n## Checks\n');
  const rows = [...table!.split('\n## ')[0]!.matchAll(/^\| `(\w+)` \| .{20,} \|$/gm)];
  assert.deepEqual(
    rows.map(([, id]) => id),
    CHECKS.map(({ id }) => id),
  );
});

test('each check has an id of its own and says what it asks', () => {
  assert.equal(new Set(CHECKS.map(({ id }) => id)).size, CHECKS.length);
  for (const { id, title } of CHECKS) assert.ok(title.length > 20, id);
});
