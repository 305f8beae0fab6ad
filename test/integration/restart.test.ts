import assert from 'node:assert/strict';
import { test } from 'node:test';
import { payments } from '../support/payments.ts';
import { readScored } from '../support/scored.ts';
import { newSlowCardFraud, untilScored } from '../support/slow.ts';
import { committedOffsets } from '../support/stack.ts';
import { runTidemark, scoreUntilEnd } from '../support/tidemark.ts';

const EVENTS = 6_000;

test('SIGTERM under load drains and exits 0, and who comes after goes on where it stopped: no gap, no duplicate', async (t) => {
  const pipeline = await newSlowCardFraud(t);
  await pipeline.send(payments(EVENTS));

  for (const share of [0.2, 0.5]) {
    const run = runTidemark(t, pipeline.file);
    await untilScored(pipeline, EVENTS * share, run);
    run.kill('SIGTERM');
    const { stdout } = await run.endsWith(0, 15_000);
    assert.equal(stdout, '', 'a summary belongs to --until-end');
    await run.says({ event: 'state', kind: 'stopped', why: 'drained' });
    const scored = (await readScored(pipeline.output)).length;
    assert.ok(scored < EVENTS, 'it was not stopped mid-way');
    const committed = [...(await committedOffsets(pipeline.group, pipeline.input)).values()];
    assert.equal(
      committed.reduce((sum, offset) => sum + Math.max(0, offset), 0),
      scored,
    );
  }

  const before = (await readScored(pipeline.output)).length;
  assert.equal((await scoreUntilEnd(t, pipeline.file)).scored, EVENTS - before);
  const ids = (await readScored(pipeline.output)).map(({ value }) => value.transaction_id);
  assert.equal(ids.length, EVENTS, 'duplicates after a clean drain');
  assert.equal(new Set(ids).size, EVENTS);
});
