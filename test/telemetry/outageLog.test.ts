import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newTelemetry, unreachable } from './newTelemetry.ts';

describe('an outage', () => {
  test('is logged once, and its end with how long it took', async () => {
    const { telemetry, lines, scrape, clock, health } = newTelemetry({ level: 'info' });
    telemetry.dependencyUp('sink');
    for (let i = 0; i < 5; i++) telemetry.dependencyDown('sink', unreachable);
    assert.ok((await scrape('paused')).includes('paused{reason="sink"} 1'));
    assert.equal(health.ready().reasons.at(-1)!.code, 'E-KAFKA-UNREACHABLE');
    clock.ms = 2500;
    telemetry.dependencyUp('sink');
    assert.deepEqual(
      lines.map(({ level, event, code, seconds }) => [level, event, code ?? seconds]),
      [
        ['warn', 'dependencyDown', 'E-KAFKA-UNREACHABLE'],
        ['info', 'dependencyUp', 2.5],
      ],
    );
    assert.ok((await scrape('paused')).includes('paused{reason="sink"} 0'));
  });
});
