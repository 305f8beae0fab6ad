import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Summary, summaryLines } from '../../../tools/demo/summary.ts';

const summary: Summary = {
  pipeline: 'card-fraud',
  model: 'card-fraud 2.0.0',
  seed: 0,
  noun: 'transaction',
  seconds: 16.8,
  emitted: { events: 67_043, perSecond: 3_998.4, wantedPerSecond: 4_000, stalledMs: 0 },
  scored: 67_043,
  deadLettered: 0,
  skipped: 0,
  missing: 0,
  repeated: 0,
  unlabelled: 0,
  latency: { p50Ms: 4.2, p99Ms: 18 },
  batches: 2_100,
  decisions: { block: 143, review: 300, allow: 66_600 },
  verdict: {
    covers: '59,000 transactions of 2018-08-08 to 2018-08-14',
    measures: [
      { name: 'AUC', here: 0.8654, published: 0.862 },
      { name: 'blocked', here: undefined, published: undefined },
    ],
    published: 'published by somebody',
  },
  topics: { events: 'in', scored: 'out', labels: 'in.labels', deadLetters: 'dead' },
  example: {
    place: 'out/1@7, key C1',
    headers: { source: 'in/1@7' },
    value: { score: 0.93, event_time: 0, parts: { a: 1 } },
  },
};
const lines = (changes: Partial<Summary> = {}) =>
  summaryLines({ ...summary, ...changes }, (_, text) => text).join('\n');

test('the summary tells scores, times, measures and where to look', () => {
  const text = lines();
  for (const line of [
    '67,043 transactions scored by card-fraud 2.0.0 in 0:16 (seed 0)',
    'emitted              3,998 a second, 4,000 asked for',
    'event to score       p50 4.2 ms, p99 18 ms, acknowledged',
    'batches              2,100, 31.9 rows on the mean',
    'block                         143  0.21 %',
    'AUC                        0.865       0.862',
    'published by somebody',
    'source               in/1@7',
    'event_time           1970-01-01T00:00:00.000Z',
    'parts                {"a":1}',
  ]) {
    assert.ok(text.includes(line), `${line} is missing from:\n${text}`);
  }
});

test('the summary says what was left out, repeated or held up, and only then', () => {
  assert.doesNotMatch(lines(), /not scored|scored again|without a label|stood still|skipped/);
  const emitted = { ...summary.emitted, wantedPerSecond: null, stalledMs: 2_500 };
  const unhappy = lines({ missing: 3, repeated: 20, unlabelled: 1, skipped: 2, emitted });
  for (const part of [
    'not scored           3',
    'scored again         20',
    'without a label      1',
    'skipped              2',
    'as fast as this process could',
    'stood still          2,500 ms',
  ]) {
    assert.ok(unhappy.includes(part), `${part} is missing from:\n${unhappy}`);
  }
});

test('without anything published there is no column for it', () => {
  const verdict = {
    covers: 'nothing',
    measures: [{ name: 'log loss', here: 0.5, published: undefined }],
    published: undefined,
  };
  assert.match(lines({ verdict }), /here\n {2}log loss +0\.500\n/);
});
