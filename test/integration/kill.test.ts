import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { payments } from '../support/payments.ts';
import { copiesBySource, readScored, withoutDuplicates } from '../support/scored.ts';
import { newSlowCardFraud, untilScored } from '../support/slow.ts';
import { committedOffsets } from '../support/stack.ts';
import { runTidemark, scoreUntilEnd } from '../support/tidemark.ts';

const EVENTS = 6_000;

test('a process killed again and again loses nothing and repeats only what was not committed', async (t) => {
  const pipeline = await newSlowCardFraud(t);
  await pipeline.send(payments(EVENTS));

  const committedAtKill: Map<number, number>[] = [];
  // Within each third, so that every kill meets the pipeline mid-way.
  const moments = [0.05, 0.35, 0.65].map((from) => Math.round(EVENTS * (from + 0.2 * Math.random())));
  for (const moment of moments) {
    const run = runTidemark(t, pipeline.file);
    await untilScored(pipeline, moment, run);
    await run.killed();
    committedAtKill.push(await committedOffsets(pipeline.group, pipeline.input));
  }
  await scoreUntilEnd(t, pipeline.file);

  const story = `killed once ${moments.join(', ')} events were scored`;
  const events = await readScored(pipeline.output);
  const copies = copiesBySource(events);
  assert.equal(copies.size, EVENTS, `${story}: events are missing`);
  for (const [source, count] of copies) {
    const [partition, offset] = source.split('@').map(Number) as [number, number];
    const allowed = 1 + committedAtKill.filter((committed) => offset >= committed.get(partition)!).length;
    assert.ok(count <= allowed, `${story}: ${source} was scored ${count} times, at most ${allowed} allowed`);
  }
  assertOrder(t, withoutDuplicates(events));
});

/** Each customer's payments once and in order: what a reader has that drops duplicates as documented. */
function assertOrder(t: TestContext, events: readonly { value: Readonly<Record<string, unknown>> }[]): void {
  const latest = new Map<unknown, number>();
  for (const { value } of events) {
    const at = Number((value.transaction_id as string).slice(2));
    const before = latest.get(value.customer_id) ?? -1;
    assert.ok(at > before, `${value.customer_id}: ${at} after ${before}`);
    latest.set(value.customer_id, at);
  }
  assert.equal(events.length, EVENTS);
  t.diagnostic(`${events.length} events of ${latest.size} customers in order`);
}
