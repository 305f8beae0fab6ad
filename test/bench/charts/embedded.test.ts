/** The charts of docs/charts are those of the benchmark, each shown on docs/performance.md with words for who does not see it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chartsOf } from '../../../bench/charts/charts.ts';
import { contestResults, sweepResults } from '../results.ts';

const page = readFileSync('docs/performance.md', 'utf8');
const drawn = readdirSync('docs/charts').sort();

test('docs/charts holds what the benchmark draws, and no chart that it draws no more', () => {
  const files = chartsOf([contestResults, sweepResults]).map(({ file }) => `${file}.svg`);
  assert.deepEqual(drawn, files.sort());
});

test('every chart is on the page, and what is read aloud of it there is what it shows', () => {
  for (const file of drawn) {
    const [, words] = new RegExp(`!\\[([^\\]]+)\\]\\(charts/${file}\\)`).exec(page) ?? [];
    const [, desc] = /<desc>(.*)<\/desc>/.exec(readFileSync(`docs/charts/${file}`, 'utf8')) ?? [];
    assert.ok(words !== undefined, `${file} is not embedded`);
    assert.ok(desc?.startsWith(words), `${file} shows: ${desc}`);
  }
});

test('every chart says on what machine it was measured', () => {
  for (const file of drawn) assert.match(readFileSync(`docs/charts/${file}`, 'utf8'), /virtual cores/, file);
});
