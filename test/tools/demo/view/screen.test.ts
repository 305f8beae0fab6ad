import assert from 'node:assert/strict';
import { test } from 'node:test';
import stringWidth from 'string-width';
import { type Paint, screen } from '../../../../tools/demo/view/screen.ts';
import { snapshot } from '../support/snapshot.ts';

const plain: Paint = (_, text) => text;
const at = (columns: number, rows: number, changes = {}) =>
  screen(snapshot(changes), { columns, rows }, plain);

test('no line is wider and no screen higher than the terminal, whatever its size', () => {
  const red: Paint = (_, text) => `\x1b[31m${text}\x1b[39m`;
  for (let columns = 20; columns <= 140; columns += 7) {
    for (let rows = 6; rows <= 50; rows += 3) {
      const lines = screen(snapshot(), { columns, rows }, red);
      assert.ok(lines.length <= rows, `${lines.length} lines in ${rows} rows`);
      for (const line of lines) assert.ok(stringWidth(line) < columns, `${columns} columns: ${line}`);
    }
  }
});

test('a usual terminal shows everything, plots side by side', () => {
  const text = at(80, 24).join('\n');
  for (const part of [
    'card-fraud 2.0.0',
    '300,120 events emitted',
    '42 %',
    '3,998 a second',
    'p50 4.2 ms  p99 12 ms',
    '2 █ 1,480',
    '31 rows on the mean, closed because due 97 %  drained 3 %',
    'block 1,312 0.44 %',
    'allow 298,168 99.4 %',
    '1: pid 4711, 2 partitions, 1,999 a second',
    '2: pid 4712, ended',
    '0.990  C00000 pays  412.20 at T00931',
  ]) {
    assert.ok(text.includes(part), `${part} is missing from:\n${text}`);
  }
});

test('a small terminal keeps the figures and gives up words, and plots when there is no room for one', () => {
  const small = at(40, 15).join('\n');
  for (const part of ['p50 4.2 ms  p99 12 ms', '2,210 in 4 partitions', 'due 97 %', 'allow 298K', '█']) {
    assert.ok(small.includes(part), `${part} is missing from:\n${small}`);
  }
  const tiny = at(40, 10).join('\n');
  assert.ok(tiny.includes('3,998 a second') && tiny.includes('p99 12 ms'), tiny);
});

test('many partitions are shown by one character each', () => {
  const lag = Array.from({ length: 48 }, (_, partition) => partition);
  const line = at(80, 24, { lag }).find((text) => text.startsWith('lag'))!;
  assert.match(line, /^lag +1,128 in 48 partitions [▁▂▃▄▅▆▇█]+…?$/);
});

test('a replica that waits for something that is down says for what', () => {
  const replica = {
    number: 1,
    pid: 7,
    url: 'http://127.0.0.1:40001/',
    state: 'running',
    leases: 4,
    perSecond: 0,
    pausedBy: ['source', 'sink'],
  };
  const text = at(80, 24, { replicas: [replica] }).join('\n');
  assert.ok(text.includes('4 partitions, 0 a second, waits for its source and sink'), text);
});

test('before anything is known there is nothing to break', () => {
  const empty = at(80, 24, {
    share: undefined,
    latency: undefined,
    lag: [],
    batches: { rows: 0, closed: new Map() },
    flagged: [],
    past: [],
  });
  assert.ok(empty.join('\n').includes('until Ctrl-C'));
  assert.ok(!/NaN|undefined|Infinity/.test(empty.join('\n')), empty.join('\n'));
});
