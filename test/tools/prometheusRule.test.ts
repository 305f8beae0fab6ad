import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { prometheusRule } from '../../tools/prometheusRule.ts';

test('k8s/monitoring/prometheus-rule.yaml is what tools/prometheusRule.ts writes', () => {
  const file = new URL('../../k8s/monitoring/prometheus-rule.yaml', import.meta.url);
  assert.equal(readFileSync(file, 'utf8'), prometheusRule(), 'run `node tools/prometheusRule.ts`');
});
