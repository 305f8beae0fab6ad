import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asTidemarkError } from '../../src/errors.ts';
import { newTelemetry } from './newTelemetry.ts';

describe('requests over HTTP', () => {
  test('that failed are told at a bounded rate for each code, with where a bug is', () => {
    const { telemetry, lines, clock } = newTelemetry({ level: 'info' });
    const bug = asTidemarkError(new RangeError('no such bucket'));
    for (let i = 0; i < 9; i++) telemetry.requestFailed('/metrics', bug);
    assert.equal(lines.length, 5);
    const { event, path, err } = lines[0]!;
    assert.deepEqual([event, path], ['requestFailed', '/metrics']);
    assert.match((err as { stack: string }).stack, /RangeError: no such bucket\n +at .*requestLog\.test/);
    clock.ms = 60_000;
    telemetry.requestFailed('/metrics', bug);
    assert.equal(lines.length, 6);
  });
});
