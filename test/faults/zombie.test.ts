import assert from 'node:assert/strict';
import { test } from 'node:test';
import { payments } from '../support/payments.ts';
import { copiesBySource, readScored, withoutDuplicates } from '../support/scored.ts';
import { newSlowCardFraud, untilScored } from '../support/slow.ts';
import { committedOffsets } from '../support/stack.ts';
import { runTidemark } from '../support/tidemark.ts';

const EVENTS = 8_000;

test('a member that froze, lost its partitions and woke up neither loses events nor takes progress back', async (t) => {
  const pipeline = await newSlowCardFraud(t, { partitions: 4 });
  const all = payments(EVENTS, (at) => `customer-${at % 40}`);
  await pipeline.send(all.slice(0, EVENTS / 2));
  const other = runTidemark(t, pipeline.file);
  const frozen = runTidemark(t, pipeline.file);
  await Promise.all([other.untilHolding(2), frozen.untilHolding(2)]);
  await untilScored(pipeline, EVENTS * 0.1, other, frozen);
  frozen.kill('SIGSTOP');
  await pipeline.send(all.slice(EVENTS / 2));
  await other.untilHolding(4);
  await untilScored(pipeline, EVENTS * 0.6, other);
  const before = await committedOffsets(pipeline.group, pipeline.input);
  frozen.kill('SIGCONT');
  await Promise.all([other.untilHolding(2), frozen.untilHolding(2)]);
  const after = await committedOffsets(pipeline.group, pipeline.input);
  for (const [partition, offset] of before) {
    assert.ok(
      after.get(partition)! >= offset,
      `partition ${partition}: from ${offset} to ${after.get(partition)}`,
    );
  }

  await runTidemark(t, pipeline.file, '--until-end').summary();
  for (const run of [other, frozen]) {
    run.kill('SIGTERM');
    await run.endsWith(0);
  }
  const events = await readScored(pipeline.output);
  t.diagnostic(`${events.length - EVENTS} duplicates`);
  assert.equal(copiesBySource(events).size, EVENTS, 'events are missing');
  assert.equal(withoutDuplicates(events).length, EVENTS, 'out of order');
});
