import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openHeart, runHeart, SCHEMA_ID } from '../../bench/harness/heart.ts';
import { asBlock, blocksOf } from '../../bench/harness/memoryBlocks.ts';
import { MODEL_KINDS, onnxModel } from '../../bench/harness/onnx.ts';
import { openWork, portionsOf } from '../../bench/harness/stageWork.ts';
import { type Workload, workloadEvents, writeWorkload } from '../../bench/harness/workload.ts';
import { loadConfig } from '../../src/config/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-workload-'));
after(() => rmSync(folder, { recursive: true }));

/** A pipeline of the workload and its first events, in blocks of seven. */
async function heartOf(name: string, workload: Workload) {
  const loaded = loadConfig(await writeWorkload(join(folder, name), workload));
  assert.ok(loaded.ok);
  const events = workloadEvents(workload, SCHEMA_ID).take(200);
  return { heart: await openHeart(loaded.config, 2), blocks: blocksOf(events, 2, 7) };
}

test('models are the same bytes each time, and differ by kind and width', () => {
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const digests = MODEL_KINDS.flatMap((kind) => [15, 50].map((columns) => digest(onnxModel(kind, columns))));
  assert.equal(new Set(digests).size, digests.length);
  assert.deepEqual(
    MODEL_KINDS.flatMap((kind) => [15, 50].map((columns) => digest(onnxModel(kind, columns)))),
    digests,
  );
});

for (const model of MODEL_KINDS) {
  test(`every event goes through the pipeline of a workload, scored between 0 and 1: ${model}`, async () => {
    const { heart, blocks } = await heartOf(model, { columns: 15, payloadBytes: 100, maxRows: 16, model });
    const cost = await runHeart(heart, blocks, 400);
    assert.ok(cost.cpuSeconds > 0 && cost.seconds > 0);
    const portions = portionsOf(heart, blocks.map(asBlock));
    const work = await openWork(heart, portions);
    for (const stage of ['decode', 'score', 'encode'] as const) await work(stage, 1);
    const scores = portions.flatMap(({ batch }) => [...(batch.outputs[0]!.values as Float64Array)]);
    assert.ok(scores.every((score) => score > 0 && score < 1));
    assert.ok(new Set(scores).size > 100, 'rows differ, so do their scores');
    const encoded = portions.map(({ batch }) => batch.buffers.reduce((sum, { count }) => sum + count, 0));
    assert.deepEqual(
      encoded,
      portions.map(({ batch }) => batch.rows),
    );
    await heart.scorer.close();
  });
}

test('portions are batches filled over the ends of blocks, and no more of them than asked for', async () => {
  const workload: Workload = { columns: 3, payloadBytes: 0, maxRows: 10, model: 'logistic' };
  const { heart, blocks } = await heartOf('portions', workload);
  const rows = blocks.reduce((sum, { count }) => sum + count, 0);
  const sizes = portionsOf(heart, blocks.map(asBlock)).map(({ batch }) => batch.maxRows);
  assert.ok(sizes.slice(0, -1).every((size) => size === 10));
  assert.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    rows,
  );
  assert.equal(portionsOf(heart, blocks.map(asBlock), 3).length, 3);
  await heart.scorer.close();
});
