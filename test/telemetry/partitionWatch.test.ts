import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TidemarkError } from '../../src/errors.ts';
import type { Standing } from '../../src/telemetry/events.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { PartitionWatch } from '../../src/telemetry/partitionWatch.ts';
import { newTelemetry } from './newTelemetry.ts';

const UNKNOWN: Omit<Standing, 'partition'> = {
  beginOffset: -1,
  settledOffset: -1,
  endOffset: -1,
  oldestMs: undefined,
  settledMs: -1,
};

function standing(partition: number, more: Partial<Standing> = {}): Standing {
  return { partition, ...UNKNOWN, ...more };
}

function setup() {
  const metrics = createMetrics({ pipeline: 'p', version: '', processMetrics: false });
  const clock = { nowMs: 100_000 };
  const watch = new PartitionWatch(metrics, () => clock.nowMs);
  let standing: Standing = { partition: 0, ...UNKNOWN };
  watch.standingsFrom(() => [standing]);
  watch.granted([0]);
  const stands = (more: Partial<Standing>) => {
    standing = { ...standing, ...more };
  };
  /** Seconds and records; undefined where nothing is told. */
  const lag = async () => {
    watch.show();
    const told = async (gauge: typeof metrics.lagSeconds) => (await gauge.get()).values[0]?.value;
    return [await told(metrics.lagSeconds), await told(metrics.lagRecords)];
  };
  return { watch, clock, stands, lag };
}

describe('the lag of a partition', () => {
  test('is not told before it is known where reading begins, and where the partition ends', async () => {
    const { watch, stands, lag } = setup();
    assert.deepEqual(await lag(), [undefined, undefined]);
    watch.logEnds(new Map([[0, 50]]));
    assert.deepEqual(await lag(), [undefined, undefined]);
    stands({ beginOffset: 50 });
    assert.deepEqual(await lag(), [0, 0]);
  });

  test('is the age of the oldest record in hand', async () => {
    const { stands, lag, clock } = setup();
    stands({ beginOffset: 10, endOffset: 90, oldestMs: 97_000 });
    assert.deepEqual(await lag(), [3, 80]);
    clock.nowMs += 500;
    assert.deepEqual(await lag(), [3.5, 80]);
    stands({ settledOffset: 90, settledMs: 99_000, oldestMs: undefined });
    assert.deepEqual(await lag(), [0, 80], 'every record has its outcome, and none is committed');
  });

  test('that is not fetched counts from the last record that was done', async () => {
    const { watch, stands, lag, clock } = setup();
    stands({ beginOffset: 10, settledOffset: 20, settledMs: 95_000, endOffset: 30 });
    watch.committed(0, 20, 30);
    assert.deepEqual(await lag(), [5, 10]);
    clock.nowMs += 60_000;
    assert.deepEqual(await lag(), [65, 10], 'it grows while nothing happens');
  });

  test('of a record that comes after a long silence is not the silence', async () => {
    const { watch, stands, lag, clock } = setup();
    stands({ beginOffset: 10, settledOffset: 20, settledMs: 95_000, endOffset: 20 });
    watch.committed(0, 20, 20);
    clock.nowMs += 8 * 3_600_000;
    watch.logEnds(new Map([[0, 20]]));
    clock.nowMs += 10_000;
    watch.logEnds(new Map([[0, 21]]));
    assert.deepEqual(await lag(), [10, 1], 'ten seconds ago nothing was left');
    watch.logEnds(new Map([[0, 15]]));
    assert.deepEqual(await lag(), [10, 1], 'an older answer takes nothing back');
  });

  test('of a partition of which nothing was ever read counts from its lease', async () => {
    const { watch, stands, lag, clock } = setup();
    stands({ beginOffset: 10 });
    watch.logEnds(new Map([[0, 15]]));
    clock.nowMs += 4_000;
    assert.deepEqual(await lag(), [4, 5]);
  });

  test('of records without a timestamp counts as if they were not fetched; a clock that is ahead is no lag', async () => {
    const { stands, lag } = setup();
    stands({ beginOffset: 10, settledOffset: 12, settledMs: 99_000, endOffset: 15, oldestMs: -1 });
    assert.deepEqual(await lag(), [1, 5]);
    stands({ oldestMs: 200_000 });
    assert.deepEqual(await lag(), [0, 5]);
  });

  test('is forgotten with the lease, and begins anew with the next', async () => {
    const { watch, stands, lag, clock } = setup();
    stands({ beginOffset: 10, endOffset: 15, oldestMs: 99_000 });
    assert.deepEqual(await lag(), [1, 5]);
    watch.gone([0]);
    assert.deepEqual(await lag(), [undefined, undefined]);
    clock.nowMs += 100_000;
    stands({ ...UNKNOWN });
    watch.granted([0]);
    assert.deepEqual(await lag(), [undefined, undefined]);
  });
});

describe('telemetry of partitions', () => {
  test('shows lag and offset of held partitions only, and of none that is not known', async () => {
    const { telemetry, scrape } = newTelemetry();
    telemetry.standingsFrom(() => [
      standing(0, { beginOffset: 80 }),
      standing(1, { beginOffset: 7 }),
      standing(2),
    ]);
    telemetry.leasesGranted([0, 1, 2], 4);
    telemetry.committed(0, 90, 100);
    telemetry.logEnds(
      new Map([
        [1, 7],
        [2, 50],
        [9, 1],
      ]),
    );
    assert.deepEqual(await scrape('partition_lag_records'), [
      'partition_lag_records{partition="0"} 10',
      'partition_lag_records{partition="1"} 0',
    ]);
    assert.equal((await scrape('end_offset')).length, 3);
    assert.deepEqual(await scrape('leases'), ['leases 3']);
    telemetry.leasesGone([0], 'revoked');
    telemetry.committed(0, 95, 100);
    assert.deepEqual(await scrape('partition_lag_records'), ['partition_lag_records{partition="1"} 0']);
    assert.deepEqual(await scrape('committed_offset'), []);
    assert.deepEqual(await scrape('leases'), ['leases 2']);
    telemetry.leasesGranted([], -1);
    assert.deepEqual(await scrape('generation'), ['generation 4']);
  });

  test('shows a partition that is stopped for as long as it is held', async () => {
    const { telemetry, scrape } = newTelemetry();
    telemetry.leasesGranted([0, 1], 4);
    telemetry.partitionStopped(1, new TidemarkError('E-KAFKA-CORRUPT', 'orders/1@7: checksum'));
    assert.deepEqual(await scrape('partition_stopped'), [
      'partition_stopped{partition="1",code="E-KAFKA-CORRUPT"} 1',
    ]);
    telemetry.leasesGone([0], 'revoked');
    assert.equal((await scrape('partition_stopped')).length, 1);
    telemetry.leasesGone([1], 'revoked');
    assert.deepEqual(await scrape('partition_stopped'), []);
  });
});
