import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disagreement, type Sample, type Scored } from '../../bench/harness/agreement.ts';

const scored: Scored = {
  partition: 1,
  key: 'C00001',
  timestamp: '1',
  schemaId: 7,
  headers: { 'model-name': 'card-fraud', source: 'tx/1@5' },
  fields: { transaction_id: 'P1', decision: 'allow' },
  score: 0.25,
};

function sampleOf(change: Partial<Scored> = {}, source = 'tx/1@5'): Sample {
  return new Map([[source, { ...scored, ...change }]]);
}

test('equal scored events agree, and scores that differ by rounding', () => {
  assert.equal(disagreement(sampleOf(), sampleOf()), undefined);
  assert.equal(disagreement(sampleOf(), sampleOf({ score: 0.250001 })), undefined);
});

test('any other difference is told with the event it is in', () => {
  const changes: Partial<Scored>[] = [
    { score: 0.26 },
    { partition: 2 },
    { key: 'C00002' },
    { timestamp: '2' },
    { schemaId: 8 },
    { headers: { source: 'tx/1@5' } },
    { fields: { ...scored.fields, decision: 'block' } },
  ];
  for (const change of changes) {
    assert.match(disagreement(sampleOf(), sampleOf(change)) ?? 'agreed', /^tx\/1@5 became/);
  }
});

test('samples without an event in common show nothing, which is no agreement', () => {
  assert.match(disagreement(sampleOf(), sampleOf({}, 'tx/1@6')) ?? 'agreed', /no event is in both/);
});
