import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newTelemetry } from './newTelemetry.ts';

describe('spans', () => {
  test('that are lost are told once a minute and counted always', async () => {
    const { telemetry, lines, scrape, clock } = newTelemetry();
    for (const ms of [0, 1_000, 59_999, 60_000, 60_001]) {
      clock.ms = ms;
      telemetry.spansLost(2, 'refused');
    }
    assert.deepEqual(
      lines.map(({ level, event, count }) => [level, event, count]),
      [
        ['warn', 'spansLost', 2],
        ['warn', 'spansLost', 2],
      ],
    );
    telemetry.spansExported(5);
    telemetry.eventsTraced(3, 4);
    assert.deepEqual(await scrape('trace_spans_total'), [
      'trace_spans_total{outcome="exported"} 5',
      'trace_spans_total{outcome="lost"} 10',
    ]);
    assert.deepEqual(await scrape('traced_events_total'), [
      'traced_events_total{outcome="traced"} 3',
      'traced_events_total{outcome="over_limit"} 4',
    ]);
  });
});
