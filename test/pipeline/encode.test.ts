import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Batch } from '../../src/pipeline/batch.ts';
import { DeadLetters } from '../../src/pipeline/deadLetters.ts';
import { type EncodePlan, Encoder, modelStamp } from '../../src/pipeline/encode.ts';
import { fill } from '../../src/pipeline/fill.ts';
import type { Block } from '../../src/pipeline/ports.ts';
import { Progress } from '../../src/pipeline/progress.ts';
import { blockOf, ManualSink, makeLease, PLAN } from '../support/simulationBench.ts';
import { DEAD, SCORED } from '../support/simulationBroker.ts';
import {
  readScored,
  SimulatedReaders,
  simulatedScorer,
  simulatedWriter,
} from '../support/simulationEvents.ts';
import type { SimulatedRecords } from '../support/simulationSink.ts';
import { SimulatedTelemetry } from '../support/simulationTelemetry.ts';

const SCORED_AT_MS = 99_000;

async function encode(plan: Partial<EncodePlan>, beforeEncode: () => void, ...blocks: Block[]) {
  const scorer = simulatedScorer();
  const sink = new ManualSink();
  const stamp = modelStamp(sink, scorer);
  const deadLetters = new DeadLetters(
    sink,
    new SimulatedReaders(),
    new SimulatedTelemetry(),
    PLAN.facts,
    PLAN.deadLetterPartitions,
  );
  const encoder = new Encoder({ ...PLAN.encode, stamp, ...plan }, simulatedWriter, sink, deadLetters);
  const batch = new Batch(scorer, { maxRows: 16, carriedFields: 1, features: 1, rules: 2 });
  const progress = new Progress(() => {});
  const readers = new SimulatedReaders();
  await readers.load(1);
  for (const block of blocks) {
    progress.grant(block.lease);
    fill({ block, index: 0, arrivedMs: 0 }, batch, readers, progress, { tombstones: 0, otherTypes: 0 });
  }
  await scorer.run(batch.inputs, batch.rows, batch.outputs);
  beforeEncode();
  encoder.encode(batch, SCORED_AT_MS);
  const buffers = [...batch.buffers, ...batch.letters] as SimulatedRecords[];
  const places = (topic: string) =>
    buffers
      .filter((buffer) => buffer.topic === topic)
      .map(
        ({ partition, records }) => `${partition}: ${records.map((r) => `${r.from}@${r.offset}`).join(' ')}`,
      );
  return { batch, buffers, places };
}

const nothing = () => {};

describe('encoding a batch', () => {
  test('writes one buffer per partition, rows in order (P2), the rest as dead letters (P5)', async () => {
    const { batch, places } = await encode(
      {},
      nothing,
      blockOf(makeLease(1), ['good', 'not-finite', 'good']),
      blockOf(makeLease(0), ['good', 'rejected']),
      blockOf(makeLease(1, 2), ['good'], 3),
    );
    assert.deepEqual(places(SCORED), ['1: 1@0 1@2 1@3', '0: 0@0']);
    assert.deepEqual(places(DEAD), ['1: 1@1 0@1']);
    assert.deepEqual([batch.scored, batch.deadLettered], [4, 2]);
    assert.deepEqual([...batch.partitionOf.subarray(0, batch.rows)], [1, -1, 1, 0, 1]);
  });

  test('names the model in the headers (P6), keeps the key, writes score and decision', async () => {
    const { batch, buffers } = await encode(
      {},
      nothing,
      blockOf(makeLease(), ['good', 'good', 'good', 'not-finite'], 499),
    );
    assert.deepEqual([...batch.decided], [2, 1], 'what is no number is decided on by nobody');
    const [below, above] = buffers[0].records;
    assert.deepEqual(
      [...below.headers],
      [
        ['model-name', 'simulated'],
        ['model-version', '1.0.0'],
        ['model-digest', '0123456789abcdef'],
        ['source', 'in/0@499'],
      ],
    );
    assert.equal(Buffer.from(below.key ?? []).toString(), 'key-499');
    assert.deepEqual(readScored(below.value ?? new Uint8Array()), { n: 499, decision: 1, score: 0.499 });
    assert.deepEqual(readScored(above.value ?? new Uint8Array()), { n: 500, decision: 0, score: 0.5 });
  });

  test('spreads by key when asked to', async () => {
    const partitions = { topic: SCORED, count: 4, partitioner: 'key' } as const;
    const { places } = await encode({ partitions }, nothing, blockOf(makeLease(), ['good', 'good'], 1));
    assert.deepEqual(places(SCORED), ['1: 0@1', '2: 0@2']);
  });

  test('stamps the time of the record, or of the scoring', async () => {
    for (const [timestamp, expected] of [
      ['event', 1000],
      ['scored', SCORED_AT_MS],
    ] as const) {
      const { buffers } = await encode({ timestamp }, nothing, blockOf(makeLease(), ['good']));
      assert.equal(buffers[0].records[0].timestampMs, expected);
    }
  });

  test('writes nothing for a lease that is gone', async () => {
    const gone = makeLease(0);
    const lose = () => {
      gone.state = { kind: 'gone', reason: 'lost' };
    };
    const { batch, places } = await encode(
      {},
      lose,
      blockOf(gone, ['good', 'rejected']),
      blockOf(makeLease(1), ['good']),
    );
    assert.deepEqual([places(SCORED), places(DEAD)], [['1: 1@0'], []]);
    assert.deepEqual([batch.scored, batch.deadLettered], [1, 0]);
  });

  test('without a decision writes none', async () => {
    const { buffers } = await encode({ decision: undefined }, nothing, blockOf(makeLease(), ['good']));
    // -1 in the unsigned byte of the test's format.
    assert.equal(readScored(buffers[0].records[0].value ?? new Uint8Array()).decision, 255);
  });
});
