/** What makes an alert keep quiet is tested as well as what makes it speak: every condition, and the time it waits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atOnce, inverted, outcomeOf, without } from '../ops/support/mutations.ts';
import { parseQuery } from '../ops/support/promql.ts';
import { lacksPromtool } from '../ops/support/promtool.ts';
import { alerts } from '../ops/support/rules.ts';

const most = (count: (query: ReturnType<typeof parseQuery>) => number) =>
  Math.max(...alerts.map(({ expr }) => count(parseQuery(expr))));

for (let at = 1; at < most((query) => query.comparisons.length); at++) {
  test(`comparison ${at + 1} of each alert, turned round, is noticed`, { skip: lacksPromtool }, async () => {
    assert.deepEqual((await outcomeOf(inverted(at))).unnoticed, []);
  });
}

for (let at = 0; at < most((query) => query.conditions.length); at++) {
  test(`each alert without its condition ${at + 1} is noticed`, { skip: lacksPromtool }, async () => {
    assert.deepEqual((await outcomeOf(without(at))).unnoticed, []);
  });
}

test('each alert that does not wait is noticed', { skip: lacksPromtool }, async () => {
  assert.deepEqual((await outcomeOf(atOnce)).unnoticed, []);
});
