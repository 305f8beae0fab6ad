import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newTelemetry } from './newTelemetry.ts';

describe('the process', () => {
  test('shows exactly one state', async () => {
    const { telemetry, scrape } = newTelemetry();
    const current = async () => (await scrape('state')).filter((line) => line.endsWith(' 1'));
    assert.deepEqual(await current(), ['state{state="starting"} 1']);
    telemetry.stateChanged({ kind: 'running' });
    assert.deepEqual(await current(), ['state{state="running"} 1']);
  });
});
