import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DeadLetters } from '../../src/pipeline/deadLetters.ts';
import type { RowReaders } from '../../src/pipeline/ports.ts';
import { ManualSink, makeLease, PLAN, recordsOf } from '../support/simulationBench.ts';
import { DEAD } from '../support/simulationBroker.ts';
import { makeBlock, REJECTED, SimulatedReaders, valueBytes } from '../support/simulationEvents.ts';
import type { SimulatedRecords } from '../support/simulationSink.ts';
import { SimulatedTelemetry } from '../support/simulationTelemetry.ts';

function setup(frames: Pick<RowReaders, 'schemaIdOf'> = new SimulatedReaders()) {
  const sink = new ManualSink();
  const telemetry = new SimulatedTelemetry();
  const deadLetters = new DeadLetters(sink, frames, telemetry, PLAN.facts, PLAN.deadLetterPartitions);
  const records = recordsOf(['rejected', 'unframed', 'rejected'], 40);
  const block = makeBlock(makeLease(2), records);
  return { deadLetters, telemetry, records, block, buffers: [] as SimulatedRecords[] };
}

describe('a dead letter', () => {
  test('keeps key and bytes, and says why and whence in headers that tools know', async () => {
    const { deadLetters, telemetry, records, block, buffers } = setup();
    const readers = new SimulatedReaders();
    await readers.load(1);
    deadLetters.appendRejected(buffers, { block, index: 0, result: REJECTED, reader: readers.ready(1) });
    const [letter] = buffers[0].records;
    assert.deepEqual(letter.value, valueBytes(records[0]));
    assert.equal(Buffer.from(letter.key ?? []).toString(), 'key-40');
    assert.equal(letter.timestampMs, 1040);
    assert.deepEqual(Object.fromEntries(letter.headers), {
      source: 'in/2@40',
      'error-code': 'E-FEATURE-RANGE',
      'error-detail': 'result 7',
      pipeline: 'bench',
      'model-name': 'simulated',
      'model-version': '1.0.0',
      '__connect.errors.topic': 'in',
      '__connect.errors.partition': '2',
      '__connect.errors.offset': '40',
      '__connect.errors.connector.name': 'bench',
      '__connect.errors.exception.class.name': 'E-FEATURE-RANGE',
      '__connect.errors.exception.message': 'result 7',
    });
    assert.deepEqual(telemetry.rejected, [
      { code: 'E-FEATURE-RANGE', detail: 'result 7', at: 'in/2@40', id: '40' },
    ]);
  });

  test('of bytes without a frame says how they begin', () => {
    const { deadLetters, telemetry, block, buffers } = setup();
    deadLetters.appendRejected(buffers, { block, index: 1, result: 0, reader: undefined });
    assert.deepEqual(telemetry.rejected, [
      {
        code: 'E-AVRO-FRAME',
        detail: 'the value begins with byte 0x09 instead of 0x00',
        at: 'in/2@41',
        id: undefined,
      },
    ]);
  });

  test('joins the open buffer of its partition, and bounds the words it carries', () => {
    const { deadLetters, block, buffers } = setup();
    const words = 'x'.repeat(5000);
    for (const index of [0, 1, 0]) deadLetters.append(buffers, block, index, 'E-AVRO-LIMIT', words);
    assert.deepEqual(
      buffers.map(({ topic, partition, count }) => [topic, partition, count]),
      [
        [DEAD, 0, 2],
        [DEAD, 1, 1],
      ],
    );
    assert.equal(buffers[0].records[0].headers.get('error-detail')?.length, 1000);
  });

  test('tells the id of its event only so far, as a field of any length may be taken for one', () => {
    const { deadLetters, telemetry, block, buffers } = setup();
    deadLetters.append(buffers, block, 0, 'E-AVRO-LIMIT', 'x', 'i'.repeat(5000));
    deadLetters.append(buffers, block, 0, 'E-AVRO-LIMIT', 'x', 'i'.repeat(200));
    assert.deepEqual(
      telemetry.rejected.map(({ id }) => id),
      ['i'.repeat(200), 'i'.repeat(200)],
    );
  });

  test('tells the schema id of its frame as the readers of rows know it, and none of bytes without a frame', () => {
    for (const [known, told] of [
      [0xfedc_ba98, 0xfedc_ba98],
      [-1, undefined],
    ] as const) {
      const { deadLetters, telemetry, block, buffers } = setup({ schemaIdOf: () => known });
      deadLetters.append(buffers, block, 0, 'E-AVRO-LIMIT', 'x');
      assert.deepEqual(telemetry.rejectedSchemas, [told]);
    }
  });
});
