import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProgressLine } from '../../../../tools/demo/tellers/progressLine.ts';

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

test('a terminal line is redrawn in place and leaves only its last words', () => {
  let now = 0;
  const terminal = screen(true);
  const line = new ProgressLine(terminal, () => now);
  line.show('1 of 3');
  line.show('too soon to be seen');
  now += 1000;
  line.show('2 of 3');
  line.say('3 of 3');
  const wipe = '\r\x1b[2K';
  assert.deepEqual(terminal.written, [`${wipe}1 of 3`, `${wipe}2 of 3`, wipe, '3 of 3\n']);
});

test('a file or a pipe gets whole lines, few of them, and no control characters', () => {
  let now = 0;
  const file = screen(false);
  const line = new ProgressLine(file, () => now);
  for (; now < 12_000; now += 100) line.show(`at ${now}`);
  line.say('done');
  assert.deepEqual(file.written, ['at 5000\n', 'at 10000\n', 'done\n']);
});

test('clearing what was never drawn writes nothing', () => {
  const terminal = screen(true);
  new ProgressLine(terminal, () => 0).clear();
  assert.deepEqual(terminal.written, []);
});
