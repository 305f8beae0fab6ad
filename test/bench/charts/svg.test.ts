import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartsOf } from '../../../bench/charts/charts.ts';
import { svgOf, wordsOf } from '../../../bench/charts/svg.ts';
import { contestResults, sweepResults } from '../results.ts';

const charts = chartsOf([contestResults, sweepResults]);

test('the same results give the same bytes, whatever was drawn before', async () => {
  const first = new Map<string, string>();
  for (const chart of charts) first.set(chart.file, await svgOf(chart));
  for (const chart of charts.toReversed())
    assert.equal(await svgOf(chart), first.get(chart.file), chart.file);
});

test('a chart has every label and value, its unit, how it was measured and on what', async () => {
  for (const chart of charts) {
    const svg = await svgOf(chart);
    const marks = chart.kind === 'bars' ? chart.marks : chart.lines.flatMap((line) => line.marks);
    const words = [
      chart.title,
      chart.measure,
      ...chart.notes,
      ...marks.flatMap(({ label, text }) => [label, text]),
    ];
    for (const text of words) {
      const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
      assert.ok(svg.includes(`>${escaped}</t`), `${chart.file} lacks ${text}`);
    }
  }
});

test('a chart has its text alternative, and nothing but a picture for who reads it aloud', async () => {
  for (const chart of charts) {
    const svg = await svgOf(chart);
    assert.match(svg, /^<svg role="img" /);
    assert.equal(svg.match(/ (?:role|aria-\w+)=/g)?.length, 1);
    assert.ok(svg.includes(`<title>${chart.title}</title>`));
    assert.ok(svg.includes(wordsOf(chart).replaceAll('&', '&amp;').replaceAll('<', '&lt;')));
  }
});

test('every colour of a chart has another for dark pages', async () => {
  for (const chart of charts) {
    const svg = await svgOf(chart);
    const [style] = /<style>.*<\/style>/.exec(svg) ?? [''];
    assert.match(style, /prefers-color-scheme:dark/);
    const used = [...svg.replace(style, '').matchAll(/(?:fill|stroke)="(#[0-9a-f]+)"/g)].map(
      (match) => match[0],
    );
    assert.ok(used.length > 0);
    for (const colour of new Set(used)) assert.ok(style.includes(`[${colour}]`), `${chart.file}: ${colour}`);
  }
});
