import assert from 'node:assert/strict';
import kafkajs from 'kafkajs';
import type { Scene } from '../scene.ts';
import {
  assertInTime,
  assertNothingHot,
  assertRuns,
  assertStates,
  assertTroubles,
  consoleVerdict,
  lineOf,
  troubleOf,
} from '../truths.ts';

const STUCK = 2;
/** More than a batch may hold when it is decompressed, 64 MiB; some eighty kilobytes as it lies in the log. */
const BOMB_BYTES = 80 * 1024 * 1024;
const CODE = 'E-KAFKA-BATCH-LIMIT';

/** A producer compresses more into one batch than a reader may take in: the partition stops at it. */
export const stuckPartition: Scene = {
  name: 'stuck-partition',
  title: 'A producer writes a batch to partition 2 that holds 80 MiB when it is decompressed',
  setting: { partitions: 4, replicas: 2, rate: 400 },
  async play(world) {
    const holder = await world.holderOf(STUCK);
    const other = world.replicas.find((replica) => replica !== holder)!;
    const producer = world.stage.kafka.producer();
    await producer.connect();
    await producer.send({
      topic: world.pipeline.names.events,
      compression: kafkajs.CompressionTypes.GZIP,
      messages: [{ partition: STUCK, key: 'all-of-today', value: Buffer.alloc(BOMB_BYTES) }],
    });
    await producer.disconnect();
    return {
      metrics: (seen) => {
        for (const one of seen) {
          if (one.replica !== holder) {
            assertRuns(one);
            continue;
          }
          const stopped = one.samples.all('partition_stopped').filter(({ value }) => value === 1);
          assert.deepEqual(
            stopped.map(({ labels }) => [labels.get('partition'), labels.get('code')]),
            [[String(STUCK), CODE]],
          );
          const waiting = one.samples.value('partition_lag_records', { partition: String(STUCK) }) ?? 0;
          assert.ok(waiting > 1_000, `${waiting} events wait`);
        }
        assertInTime(seen, [STUCK]);
        return `tidemark_partition_stopped{partition="${STUCK}",code="${CODE}"} 1`;
      },
      scale: (advice, of) => {
        assert.deepEqual(
          advice.stuck.map(({ partition }) => partition),
          [STUCK],
        );
        // Only who holds it knows why.
        if (of === holder) assert.match(advice.stuck[0]!.what, new RegExp(CODE));
        assertNothingHot(advice);
        assert.ok(advice.wanted <= advice.replicas);
        return advice.stuck[0]!.what;
      },
      top: (view) => {
        assertStates(view, new Map([[STUCK, 'stuck']]));
        assertNothingHot(view.scale!);
        assert.deepEqual(
          view.scale!.stuck.map(({ partition }) => partition),
          [STUCK],
        );
        return view.scale!.stuck[0]!.what;
      },
      doctor: (report) => {
        assertTroubles(report, ['progress']);
        const trouble = troubleOf(report, 'progress');
        assert.match(trouble, /^fail: partition 2 of .* stands still: .* while the others go on$/);
        return trouble;
      },
      consoles: [
        {
          replica: holder,
          says: (page) => {
            const said = consoleVerdict(page, /^Partly stopped$/);
            assert.match(said, /Partition 2 is read no further, the others go on: .*E-KAFKA-BATCH-LIMIT/);
            return said;
          },
        },
        {
          replica: other,
          says: (page) => {
            consoleVerdict(page, /^Keeping up$/);
            return lineOf(page, /Partition 2 is stuck/);
          },
        },
      ],
    };
  },
};
