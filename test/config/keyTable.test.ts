import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeKeys } from '../../src/config/jsonSchema.ts';
import { formatKeyTable } from '../../src/config/keyTable.ts';

test('the table of keys has a row for each, in one line', () => {
  const [, , ...rows] = formatKeyTable().trimEnd().split('\n');
  const paths = rows.map((row) => /^\| `([^`]+)` \|/.exec(row)?.[1]);
  assert.deepEqual(
    paths,
    describeKeys().map(({ path }) => path),
  );
});
