import assert from 'node:assert/strict';
import { test } from 'node:test';
import { payments } from '../support/payments.ts';
import { copiesBySource, readScored } from '../support/scored.ts';
import { newSlowCardFraud, untilScored } from '../support/slow.ts';
import { committedOffsets } from '../support/stack.ts';
import { runTidemark } from '../support/tidemark.ts';

const EVENTS = 8_000;

test('a member that joins mid-way shares the work, and both end when the group has reached the end', async (t) => {
  const pipeline = await newSlowCardFraud(t, { partitions: 4 });
  // Several times what one member scores while another starts and joins.
  const events = 4 * EVENTS;
  await pipeline.send(payments(events, (at) => `customer-${at % 40}`));
  const first = runTidemark(t, pipeline.file, '--until-end');
  await untilScored(pipeline, 1, first);
  const second = runTidemark(t, pipeline.file, '--until-end');
  await Promise.all([first.untilHolding(2), second.untilHolding(2)]);

  const [one, other] = await Promise.all([first.summary(), second.summary()]);
  assert.ok(one.scored > 0 && other.scored > 0, JSON.stringify([one, other]));
  const scored = await readScored(pipeline.output);
  assert.equal(one.scored + other.scored, scored.length);
  assert.equal(copiesBySource(scored).size, events, 'events are missing');
  const committed = [...(await committedOffsets(pipeline.group, pipeline.input)).values()];
  assert.equal(
    committed.reduce((sum, offset) => sum + offset, 0),
    events,
  );
});

test('when one of two members is killed the other takes over what it held, without loss', async (t) => {
  const pipeline = await newSlowCardFraud(t, { partitions: 4 });
  const all = payments(EVENTS, (at) => `customer-${at % 40}`);
  await pipeline.send(all.slice(0, EVENTS / 2));
  const survivor = runTidemark(t, pipeline.file);
  const victim = runTidemark(t, pipeline.file);
  await Promise.all([survivor.untilHolding(2), victim.untilHolding(2)]);
  await untilScored(pipeline, EVENTS * 0.1, survivor, victim);
  await victim.killed();
  // Half of these are on partitions that nobody reads until the group has missed the victim.
  await pipeline.send(all.slice(EVENTS / 2));
  await survivor.untilHolding(4);

  await runTidemark(t, pipeline.file, '--until-end').summary();
  survivor.kill('SIGTERM');
  await survivor.endsWith(0);
  const copies = copiesBySource(await readScored(pipeline.output));
  assert.equal(copies.size, EVENTS, 'events are missing');
});
