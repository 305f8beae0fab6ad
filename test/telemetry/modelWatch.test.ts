import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FACTS, newTelemetry } from './newTelemetry.ts';

describe('the model', () => {
  test('has what it saw and gave counted', async () => {
    const { telemetry, scrape } = newTelemetry();
    telemetry.started(FACTS);
    telemetry.modelRan({
      rows: 3,
      outputs: [
        { kind: 'number', values: Float64Array.of(0.25, Number.NaN, 0.75, 99) },
        { kind: 'string', values: ['a', 'b', 'c'] },
      ],
      missing: Uint32Array.of(2, 0),
      unknown: Uint32Array.of(0, 1),
      decided: Uint32Array.of(1, 2, 4),
    });
    assert.deepEqual(await scrape('model_output_bucket'), [
      'model_output_bucket{le="0.5",output="score"} 1',
      'model_output_bucket{le="1",output="score"} 2',
      'model_output_bucket{le="+Inf",output="score"} 2',
    ]);
    assert.deepEqual(await scrape('output_not_finite_total'), ['output_not_finite_total{output="score"} 1']);
    assert.deepEqual(await scrape('feature_missing_total'), [
      'feature_missing_total{feature="amount"} 2',
      'feature_missing_total{feature="country"} 0',
    ]);
    assert.deepEqual(await scrape('feature_unknown_total'), ['feature_unknown_total{feature="country"} 1']);
    assert.deepEqual(await scrape('decisions_total'), [
      'decisions_total{decision="block"} 5',
      'decisions_total{decision="allow"} 2',
    ]);
    assert.deepEqual(await scrape('model_info'), ['model_info{name="m",version="1.0.0",digest="d"} 1']);
    assert.deepEqual(await scrape('in_flight_bytes_limit'), ['in_flight_bytes_limit 4096']);
  });
});
