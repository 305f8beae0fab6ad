import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Batch } from '../../src/pipeline/batch.ts';
import { DeadLetters } from '../../src/pipeline/deadLetters.ts';
import type { Lease, Refusal } from '../../src/pipeline/ports.ts';
import { deadLetterRefused } from '../../src/pipeline/refusals.ts';
import { blockOf, ManualSink, makeLease, PLAN } from '../support/simulationBench.ts';
import { DEAD, SCORED } from '../support/simulationBroker.ts';
import { SimulatedReaders, simulatedScorer } from '../support/simulationEvents.ts';
import { SimulatedRecords } from '../support/simulationSink.ts';
import { SimulatedTelemetry } from '../support/simulationTelemetry.ts';

/** Lets what follows an answer happen. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

const TOO_LARGE = { code: 'E-RECORD-TOO-LARGE', detail: 'too large' } as const;

/** A batch of rows at offsets 0, 1, ... of which row i was published to `partitions[i]`. */
function published(lease: Lease, partitions: readonly number[]): Batch {
  const batch = new Batch(simulatedScorer(), { maxRows: 8, carriedFields: 1, features: 1, rules: 2 });
  const block = blockOf(lease, new Array(partitions.length).fill('good'));
  batch.segments.push({
    block,
    arrivedMs: 0,
    firstIndex: 0,
    endIndex: partitions.length,
    firstRow: 0,
    endRow: partitions.length,
    endOffset: partitions.length,
    endsBlock: true,
    settled: false,
  });
  for (const partition of new Set(partitions)) batch.buffers.push(new SimulatedRecords(SCORED, partition));
  batch.rows = partitions.length;
  batch.scored = partitions.length;
  partitions.forEach((partition, row) => {
    batch.recordOf[row] = row;
    batch.partitionOf[row] = partition;
  });
  return batch;
}

function bufferOf(batch: Batch, partition: number): Batch['buffers'][number] {
  const buffer = batch.buffers.find((candidate) => candidate.partition === partition);
  assert.ok(buffer);
  return buffer;
}

function setup() {
  const sink = new ManualSink();
  const letters = new DeadLetters(
    sink,
    new SimulatedReaders(),
    new SimulatedTelemetry(),
    PLAN.facts,
    PLAN.deadLetterPartitions,
  );
  return { sink, letters };
}

describe('records that the broker refused', () => {
  test('go to the dead-letter topic: the right ones, of the right batch', async () => {
    const { sink, letters } = setup();
    const batches = [published(makeLease(0), [1, 2, 1, 1]), published(makeLease(5), [1, 1])];
    const refusals: Refusal[] = [
      { records: bufferOf(batches[0], 1), index: 0, ...TOO_LARGE },
      { records: bufferOf(batches[0], 1), index: 2, ...TOO_LARGE },
      { records: bufferOf(batches[1], 1), index: 1, ...TOO_LARGE },
    ];
    await deadLetterRefused(batches, refusals, letters, sink, 0);
    assert.deepEqual(sink.sent(DEAD).sort(), ['0@0', '0@3', '5@1']);
    assert.deepEqual(
      batches.map(({ scored, deadLettered }) => [scored, deadLettered]),
      [
        [2, 2],
        [1, 1],
      ],
    );
    assert.deepEqual([...batches[0].partitionOf.subarray(0, 4)], [-1, 2, 1, -1], 'no longer published');
  });

  test('of a lease that is gone are dropped: their bytes may be another record’s by now', async () => {
    const { sink, letters } = setup();
    const lease = makeLease();
    const batch = published(lease, [0]);
    lease.state = { kind: 'gone', reason: 'lost' };
    await deadLetterRefused(
      [batch],
      [{ records: batch.buffers[0], index: 0, ...TOO_LARGE }],
      letters,
      sink,
      0,
    );
    assert.deepEqual(sink.sends, []);
    assert.deepEqual([batch.scored, batch.deadLettered], [0, 0]);
  });

  test('by the dead-letter topic are sent once more, bare and timed now; refused again they stop the process', async () => {
    const { sink, letters } = setup();
    sink.acknowledges = false;
    const begin = () => {
      const batch = published(makeLease(), [0]);
      const refusal = { records: batch.buffers[0], index: 0, ...TOO_LARGE };
      return deadLetterRefused([batch], [refusal], letters, sink, 777);
    };
    const refuseLast = () => {
      const send = sink.sends.at(-1);
      assert.ok(send);
      send.acknowledge([{ records: send.buffers[0], index: 0, ...TOO_LARGE }]);
      return settled();
    };
    const kept = begin();
    await refuseLast();
    assert.equal(sink.sends.length, 2);
    const [full, bare] = sink.sends.map(({ buffers }) => buffers[0].records[0]);
    assert.equal(bare.timestampMs, 777);
    assert.ok(full.headers.size > bare.headers.size);
    assert.equal(bare.headers.get('error-code'), TOO_LARGE.code);
    sink.sends.at(-1)?.acknowledge();
    await kept;

    const stopped = begin();
    await refuseLast();
    const rejected = assert.rejects(stopped, { code: 'E-DEAD-LETTER-REFUSED' });
    await refuseLast();
    await rejected;
  });

  test('that were never sent are a bug', async () => {
    const { sink, letters } = setup();
    const batch = published(makeLease(), [0]);
    const stranger = { records: new SimulatedRecords(SCORED, 0), index: 0, ...TOO_LARGE };
    await assert.rejects(deadLetterRefused([batch], [stranger], letters, sink, 0), { code: 'E-INTERNAL' });
    const beyond = { records: batch.buffers[0], index: 1, ...TOO_LARGE };
    await assert.rejects(deadLetterRefused([batch], [beyond], letters, sink, 0), { code: 'E-INTERNAL' });
  });
});
