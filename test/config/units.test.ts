import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatDuration, parseDuration, parseSize } from '../../src/config/units.ts';

describe('units', () => {
  it('are part of a duration', () => {
    assert.deepEqual(
      ['5ms', '10s', '2m', '1h', '0ms'].map(parseDuration),
      [5, 10_000, 120_000, 3_600_000, 0],
    );
    for (const text of [
      '',
      '5',
      'ms',
      '5 ms',
      '1.5s',
      '-1s',
      '1d',
      '5MS',
      '05s',
      '1e3s',
      '5ms\n',
      '1m30s',
      '9999999999s',
    ]) {
      assert.equal(parseDuration(text), undefined, text);
    }
  });

  it('are part of a size', () => {
    assert.deepEqual(
      ['1B', '2kB', '3MB', '1GB', '4KiB', '64MiB', '2GiB'].map(parseSize),
      [1, 2_000, 3_000_000, 1_000_000_000, 4_096, 67_108_864, 2_147_483_648],
    );
    for (const text of ['', '5', '0B', '64mb', '64 MiB', '1.5MiB', '-1B', '64M', '64Mb', '64MiB\n']) {
      assert.equal(parseSize(text), undefined, text);
    }
  });

  it('come back from a formatted duration', () => {
    fc.assert(
      fc.property(fc.nat(86_400_000), (ms) => {
        assert.equal(parseDuration(formatDuration(ms)), ms);
      }),
    );
  });
});
