import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOfExposition } from './exposition.ts';

const GOOD = `# HELP m_seconds Help.
# TYPE m_seconds histogram
m_seconds_bucket{le="0.1"} 1
m_seconds_bucket{le="+Inf"} 2
m_seconds_sum 1e-7
m_seconds_count 2

# HELP g A gauge, \\\\ and more.
# TYPE g gauge
g{a="x\\"y",b="z"} -1.5
`;

test('the check of the exposition format takes a good page', () => {
  assert.deepEqual(faultsOfExposition(GOOD), []);
});

for (const [fault, broken] of [
  ['a value in words', GOOD.replace('-1.5', 'much')],
  ['a quote in a label', GOOD.replace('x\\"y', 'x"y')],
  ['a sample told twice', GOOD.replace('le="+Inf"', 'le="0.1"')],
  ['a sample of another metric', GOOD.replace('m_seconds_sum', 'n_seconds_sum')],
  ['a second type', `${GOOD}# TYPE g counter\n`],
  ['no newline at the end', GOOD.trimEnd()],
  ['a counter without _total', '# TYPE tidemark_events counter\ntidemark_events 1\n'],
  ['a gauge with _total', '# TYPE tidemark_events_total gauge\ntidemark_events_total 1\n'],
  ['milliseconds', '# TYPE tidemark_score_ms gauge\ntidemark_score_ms 1\n'],
] as const) {
  test(`the check of the exposition format finds ${fault}`, () => {
    assert.equal(faultsOfExposition(broken).length, 1, faultsOfExposition(broken).join('; '));
  });
}
