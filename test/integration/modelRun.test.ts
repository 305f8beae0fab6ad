import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countOf } from '../support/cardFraud.ts';
import { newReadings, reading } from '../support/readings.ts';
import { readScored } from '../support/scored.ts';
import { committedOffsets, produce } from '../support/stack.ts';
import { runTidemark } from '../support/tidemark.ts';

test('a run of the model that fails stops the process, and nothing of its batch is published or committed', async (t) => {
  const pipeline = await newReadings(t, {
    model: 'lookup',
    golden: [
      [3, 1, 'web', 1],
      [40, 2, 'atm', 2],
    ],
    keys: { 'batching.max_rows': 10 },
  });
  const values = Array.from({ length: 40 }, (_, at) =>
    reading(`r-${at}`, { sensor: { a: at === 25 ? 1_000 : at, b: 1 } }),
  );
  await produce(
    pipeline.input,
    values.map((value) => ({ value: pipeline.encode(value) })),
  );
  const run = runTidemark(t, pipeline.file);
  const { stdout } = await run.endsWith(1);
  assert.equal(stdout, '');
  const fatal = await run.says({ event: 'fatal', code: 'E-MODEL-RUN' });
  assert.match(fatal.msg, /indices|out of/i);
  const committed = (await committedOffsets(pipeline.group, pipeline.input)).get(0)!;
  assert.ok(committed <= 20, `committed ${committed}`);
  const scored = (await readScored(pipeline.output)).map(({ source }) => source.offset);
  assert.ok(
    scored.every((offset) => offset < 20),
    `scored ${scored}`,
  );
  assert.equal(await countOf(pipeline.deadLetter), 0);
});
