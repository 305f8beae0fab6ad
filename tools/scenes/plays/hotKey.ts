import assert from 'node:assert/strict';
import type { Scene } from '../scene.ts';
import {
  assertInTime,
  assertNothingStuck,
  assertRuns,
  assertStates,
  assertTroubles,
  consoleVerdict,
  lineOf,
} from '../truths.ts';

const PARTITIONS = 4;
const HOT = 'C-LOAD-TEST';
/** Nine of ten events are of one customer: more than one replica scores with the slow model, and the rest is little. */
const SHARE = 10;
const RATE = 1_000;

/** Somebody's load test pays with one card, all day. */
export const hotKey: Scene = {
  name: 'hot-key',
  title: `Nine of ten events come with one key, ${HOT}`,
  setting: { partitions: PARTITIONS, replicas: PARTITIONS, rate: RATE / SHARE, slowModel: true },
  async play(world) {
    const { emission } = world;
    const hot = emission.partitionOf(HOT);
    const holder = await world.holderOf(hot);
    let events = 0;
    await emission.change({
      rate: RATE,
      customerOf: ({ key }) => (events++ % SHARE === 0 ? key : HOT),
    });
    return {
      metrics: (seen) => {
        for (const one of seen) if (one.replica !== holder) assertRuns(one);
        assertInTime(seen, [hot]);
        const { samples } = seen.find(({ replica }) => replica === holder)!;
        const partition = String(hot);
        const lag = samples.value('partition_lag_records', { partition })!;
        assert.ok(lag > 10 * RATE, `${lag} events wait`);
        assert.deepEqual(samples.values('partition_stopped', 'partition'), []);
        return `tidemark_partition_lag_records{partition="${hot}"} ${lag}; the others are in time`;
      },
      scale: (advice) => {
        assertNothingStuck(advice);
        assert.deepEqual(
          advice.hot.map(({ partition, key }) => [partition, key?.key]),
          [[hot, HOT]],
        );
        assert.ok(advice.wanted <= advice.replicas, `wants ${advice.wanted}`);
        return advice.hot[0]!.what;
      },
      top: (view) => {
        assertStates(view, new Map([[hot, 'behind']]));
        assertNothingStuck(view.scale!);
        assert.deepEqual(
          view.scale!.hot.map(({ partition, key }) => [partition, key?.key]),
          [[hot, HOT]],
        );
        return view.scale!.hot[0]!.what;
      },
      doctor: (report) => {
        assertTroubles(report, ['progress']);
        const { verdicts } = report.checks.find(({ id }) => id === 'progress')!;
        const evidence = verdicts.map((verdict) => verdict.evidence);
        const found = evidence.find((text) => text.startsWith(`partition ${hot} of`));
        assert.match(found ?? '', /holds \d+% of what waits/);
        assert.ok(!evidence.some((text) => /stands? still/.test(text)));
        return found!;
      },
      consoles: [
        {
          replica: holder,
          says: (page) => {
            lineOf(page, new RegExp(`Partition ${hot} is hot.*${HOT}`));
            return consoleVerdict(page, /^Behind$/);
          },
        },
        ...world.replicas
          .filter((replica) => replica !== holder)
          .map((replica) => ({
            replica,
            says: (page: string) => {
              consoleVerdict(page, /^(Keeping up|Late)$/);
              return lineOf(page, new RegExp(`Partition ${hot} is hot.*${HOT}`));
            },
          })),
      ],
    };
  },
};
