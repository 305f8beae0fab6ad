import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonTeller } from '../../../../tools/demo/tellers/json.ts';
import { LineTeller } from '../../../../tools/demo/tellers/lines.ts';
import { TerminalTeller } from '../../../../tools/demo/tellers/terminal.ts';
import { snapshot } from '../support/snapshot.ts';

function paper() {
  const written: string[] = [];
  return { written, write: (text: string) => written.push(text) };
}

test('a log gets a line every few seconds, without control characters', () => {
  const out = paper();
  const teller = new LineTeller(out);
  for (let elapsedMs = 0; elapsedMs <= 6_000; elapsedMs += 500) teller.show(snapshot({ elapsedMs }));
  assert.equal(out.written.length, 3);
  assert.equal(
    out.written[1],
    '0:03 42 % | 300,120 events emitted | 3,998 a second scored | p50 4.2 ms, p99 12 ms | lag 2,210 | 31 rows a batch | block 1,312, review 420, allow 298,168 | 1 replica of 2 ended\n',
  );
});

test('a program gets nothing but JSON, an object a second', () => {
  const [out, words] = [paper(), paper()];
  const teller = new JsonTeller(out, words);
  teller.say('Kafka is here');
  teller.progress('half');
  for (let elapsedMs = 0; elapsedMs < 2_000; elapsedMs += 500) teller.show(snapshot({ elapsedMs }));
  const objects = out.written.map((line) => JSON.parse(line));
  assert.equal(objects.length, 2);
  assert.equal(objects[1].kind, 'progress');
  assert.equal(objects[1].elapsedMs, 1_000);
  assert.deepEqual(objects[1].batches.closed, { due: 0.97, full: 0, drained: 0.03 });
  assert.equal(objects[1].flagged.decision, 'review');
  assert.deepEqual(words.written, ['Kafka is here\n']);
});

test('a terminal is given back as it was found, once', () => {
  const out = Object.assign(paper(), { isTTY: true, columns: 80, rows: 24, on: () => {}, off: () => {} });
  const teller = new TerminalTeller(out as unknown as NodeJS.WriteStream);
  teller.show(snapshot());
  teller.show(snapshot());
  teller.close();
  teller.close();
  const text = out.written.join('');
  const times = (code: string) => text.split(code).length - 1;
  assert.equal(times('\x1b[?1049h'), 1, 'enters the alternative screen');
  assert.equal(times('\x1b[?1049l'), 1, 'leaves it');
  assert.equal(times('\x1b[?25l'), 1, 'hides the cursor');
  assert.equal(times('\x1b[?25h'), 1, 'shows it');
});
