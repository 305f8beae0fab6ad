import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AnyChart, chartsOf, type Mark } from '../../../bench/charts/charts.ts';
import { contestResults, costResults, sweepResults } from '../results.ts';

const named = (charts: readonly AnyChart[], file: string) => charts.find((chart) => chart.file === file)!;
const marksOf = (chart: AnyChart): readonly Mark[] => {
  assert.equal(chart.kind, 'bars');
  return chart.kind === 'bars' ? chart.marks : [];
};
const COSTS = ['cost-columns', 'cost-payload', 'cost-batch', 'cost-model'];

test('what was measured is drawn, and nothing else', () => {
  const files = (charts: readonly AnyChart[]) => charts.map(({ file }) => file);
  assert.deepEqual(files(chartsOf([contestResults, sweepResults])), [
    'peers',
    'stages',
    ...COSTS,
    'partitions',
  ]);
  assert.deepEqual(files(chartsOf([costResults])), COSTS);
  assert.deepEqual(chartsOf([{ machine: 'm', pinning: 'p', rounds: 1 }]), []);
});

test('of two results that hold the same the first is drawn', () => {
  const charts = chartsOf([costResults, { ...contestResults, machine: 'another' }]);
  assert.ok(named(charts, 'cost-model').notes.includes('2 virtual cores'));
  assert.ok(named(charts, 'peers').notes.includes('another'));
});

test('peers are shown by how much faster Tidemark is, which is not among them', () => {
  const marks = marksOf(named(chartsOf([contestResults]), 'peers'));
  assert.deepEqual(
    marks.map(({ label, text }) => [label, text]),
    [
      ['plain Java consumer', '3.6 x'],
      ['kafkajs + avsc', '15.3 x'],
    ],
  );
  assert.deepEqual(marks[0]!.spread, contestResults.standings![1]!.behind);
});

test('stages are shares of their sum', () => {
  const marks = marksOf(named(chartsOf([contestResults]), 'stages'));
  assert.deepEqual(
    marks.map(({ text, spread }) => [text, spread.median]),
    [
      ['25 % (100 ns)', 25],
      ['75 % (300 ns)', 75],
    ],
  );
});

test('costs are ratios to the base, which the chart names', () => {
  const chart = named(chartsOf([costResults]), 'cost-columns');
  assert.match(chart.notes[0]!, /^1 x: 15 columns; 500 ns of CPU/);
  assert.deepEqual(
    marksOf(chart).map(({ label, text }) => [label, text]),
    [
      ['15', '1.00 x'],
      ['1,000', '10 x'],
    ],
  );
});

test('throughput over partitions is a share of the most, a line for each partitioner', () => {
  const chart = named(chartsOf([sweepResults]), 'partitions');
  assert.ok(chart.kind === 'lines');
  assert.deepEqual(
    chart.lines.map(({ name, marks }) => [name, marks.map(({ label, text }) => `${label}: ${text}`)]),
    [
      ['partitioner source', ['1: 50 %', '1,000: 25 %']],
      ['partitioner key', ['1: 100 %']],
    ],
  );
});
