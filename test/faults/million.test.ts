import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countOf, newCardFraud } from '../support/cardFraud.ts';
import { Endpoints } from '../support/endpoints.ts';
import { encodePayment, payment } from '../support/payments.ts';
import { produce, waitFor } from '../support/stack.ts';
import { runTidemark } from '../support/tidemark.ts';

const EVENTS = 1_000_000;
const CHUNK = 50_000;
const DEADLINE_MS = 300_000;
/** Blocks in hand (batching.max_in_flight), what kafkajs makes of a fetch of each partition, ONNX Runtime and Node itself. */
const MOST_BYTES = 700 * 1024 * 1024;

test('a million events pass with bounded memory', async (t) => {
  const pipeline = await newCardFraud(t, {
    partitions: 4,
    // Asked until the process ends, so it must not keep the process up.
    settings: { http: { port: 0 } },
  });
  for (let from = 0; from < EVENTS; from += CHUNK) {
    await produce(
      pipeline.input,
      Array.from({ length: CHUNK }, (_, index) => {
        const value = payment(from + index, `customer-${index % 1_000}`);
        return { key: value.customer_id, value: encodePayment(pipeline.schemaId, value) };
      }),
    );
  }
  const run = runTidemark(t, pipeline.file, '--until-end');
  const endpoints = await Endpoints.of(run);
  let mostBytes = 0;
  let mostInFlight = 0;
  let looks = 0;
  const look = async () => {
    if (run.end !== undefined) return true;
    try {
      mostBytes = Math.max(mostBytes, await endpoints.metric('process_resident_memory_bytes'));
      mostInFlight = Math.max(mostInFlight, await endpoints.metric('tidemark_in_flight_bytes'));
      looks++;
    } catch {
      // It has stopped listening.
    }
    return false;
  };
  const [summary] = await Promise.all([
    run.summary(DEADLINE_MS),
    waitFor(look, 'the end of the run', DEADLINE_MS, { everyMs: 200 }),
  ]);
  assert.equal(summary.scored, EVENTS);
  assert.equal(await countOf(pipeline.output), EVENTS);
  assert.ok(looks > 5, `${looks} looks`);
  t.diagnostic(
    `${summary.eventsPerSecond} events/s, at most ${mostBytes >> 20} MiB resident and ${mostInFlight >> 20} MiB in flight`,
  );
  assert.ok(mostBytes < MOST_BYTES, `${mostBytes >> 20} MiB resident`);
});
