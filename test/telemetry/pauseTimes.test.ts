import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newTelemetry, unreachable } from './newTelemetry.ts';

describe('a pause', () => {
  test('tells the time that is lost by it while it lasts', async () => {
    const { telemetry, scrape, clock } = newTelemetry();
    telemetry.dependencyDown('sink', unreachable);
    clock.ms = 1500;
    const lost = async () => (await scrape('paused_seconds_total')).find((line) => line.includes('sink'));
    assert.equal(await lost(), 'paused_seconds_total{reason="sink"} 1.5');
    telemetry.dependencyDown('sink', unreachable);
    clock.ms = 2500;
    telemetry.dependencyUp('sink');
    clock.ms = 9000;
    assert.equal(await lost(), 'paused_seconds_total{reason="sink"} 2.5');
    assert.equal((await scrape('paused')).length, 4, 'every reason, at 0');
  });
});
