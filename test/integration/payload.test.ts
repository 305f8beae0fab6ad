/** What a rejected event held, as whoever runs a pipeline asks for it over HTTP. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PayloadView, RejectionsView } from '../../src/http/api/rejections.ts';
import { newCardFraud } from '../support/cardFraud.ts';
import { Gate } from '../support/gate.ts';
import { framed, produce, sharedStack, waitFor } from '../support/stack.ts';
import { runTidemark } from '../support/tidemark.ts';

/** The console's patience with an answer. */
const PATIENCE_MS = 8_000;

test('a registry that hangs does not keep a payload from who asks, and who asks for another meanwhile is told so', async (t) => {
  const { registryUrl } = await sharedStack();
  const gate = await Gate.before(t, registryUrl);
  const pipeline = await newCardFraud(t, {
    partitions: 1,
    settings: { 'registry.url': gate.url(registryUrl), 'registry.timeout': '20s', http: { port: 0 } },
  });
  const run = runTidemark(t, pipeline.file);
  const { port } = await run.says({ event: 'listening' });
  const rejectionsUrl = `http://127.0.0.1:${port}/api/rejections`;
  const truncated = framed(pipeline.schemaId, Buffer.from([2]));
  await produce(pipeline.input, [{ value: truncated }, { key: 'k', value: truncated }]);
  const rejected = async () => {
    const { rejections } = (await (await fetch(rejectionsUrl)).json()) as RejectionsView;
    return rejections.length === 2;
  };
  await waitFor(rejected, 'two rejected events', 30_000);
  const payloadOf = (place: string) =>
    fetch(`${rejectionsUrl}/${encodeURIComponent(place)}/payload`, {
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  const [first, second] = [`${pipeline.input}/0@0`, `${pipeline.input}/0@1`];

  gate.stall();
  const reading = payloadOf(first);
  await run.says({ event: 'payloadShown', at: first });
  const refused = await payloadOf(second);
  assert.equal(refused.status, 503);
  assert.match(((await refused.json()) as { error: string }).error, /^another payload is being read/);
  const shown = await reading;
  assert.equal(shown.status, 200);
  const { undecoded, hex } = (await shown.json()) as PayloadView;
  assert.match(
    undecoded!,
    /^asking the registry for schema \d+: no answer within .+ \(E-REGISTRY-UNREACHABLE\)$/,
  );
  assert.equal(hex, truncated.toString('hex'));

  await gate.shut();
  await gate.open();
  const after = (await (await payloadOf(second)).json()) as PayloadView;
  assert.equal(after.key, 'k');
  assert.match(after.undecoded!, /\(E-AVRO-TRUNCATED\)$/);
});
