import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCardFraud } from '../support/cardFraud.ts';
import { encodePayment, payment, payments } from '../support/payments.ts';
import { readScored } from '../support/scored.ts';
import { produce, waitFor, withAdmin } from '../support/stack.ts';
import { runTidemark } from '../support/tidemark.ts';

test('partitions that are added to the input while the pipeline runs are found and scored', async (t) => {
  const pipeline = await newCardFraud(t, { partitions: 2 });
  await pipeline.send(payments(20));
  const run = runTidemark(t, pipeline.file);
  const scoredIds = async () => (await readScored(pipeline.output)).map(({ value }) => value.transaction_id);
  await waitFor(async () => (await scoredIds()).length === 20, '20 scored events', 30_000);
  await withAdmin((admin) =>
    admin.createPartitions({ topicPartitions: [{ topic: pipeline.input, count: 4 }] }),
  );
  await produce(
    pipeline.input,
    [20, 21].map((at) => ({
      value: encodePayment(pipeline.schemaId, payment(at)),
      partition: at - 18,
    })),
  );
  await waitFor(async () => (await scoredIds()).length === 22, 'events of the new partitions', 150_000, {
    everyMs: 1_000,
  });
  assert.equal(run.end, undefined);
  run.kill('SIGTERM');
  await run.endsWith(0);
});
