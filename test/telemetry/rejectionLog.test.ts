import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newTelemetry } from './newTelemetry.ts';

describe('rejected events', () => {
  test('are logged at a bounded rate and counted all, and those that were held back are told by their number', async () => {
    const { telemetry, lines, scrape, clock } = newTelemetry({ level: 'info' });
    const reject = () => telemetry.eventRejected('E-AVRO-FRAME', 'no zero byte', 't/0@5', undefined);
    for (let i = 0; i < 25; i++) reject();
    telemetry.eventRejected('E-FEATURE-RANGE', 'age is 200', 't/0@6', 'id-1', undefined, 7);
    assert.equal(lines.length, 11);
    clock.ms = 10_000;
    telemetry.committed(0, 1, 1);
    assert.equal(lines[11]!.count, 15);
    for (let i = 0; i < 12; i++) reject();
    telemetry.stateChanged({ kind: 'stopped', why: 'drained' });
    assert.deepEqual(
      lines.slice(22).map((line) => [line.event, line.count]),
      [
        ['eventsRejected', 2],
        ['state', undefined],
      ],
    );
    assert.deepEqual(await scrape('rejections_total'), [
      'rejections_total{code="E-AVRO-FRAME"} 37',
      'rejections_total{code="E-FEATURE-RANGE"} 1',
    ]);
  });

  test('name their trace where they are traced', () => {
    const { telemetry, lines } = newTelemetry();
    telemetry.eventRejected('E-AVRO-FRAME', 'no', 'in/0@1', undefined, 'abc');
    telemetry.eventRejected('E-AVRO-FRAME', 'no', 'in/0@2', undefined);
    assert.deepEqual(
      lines.map((line) => line.trace_id),
      ['abc', undefined],
    );
  });
});
