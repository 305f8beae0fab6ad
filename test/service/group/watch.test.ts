import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TidemarkError } from '../../../src/errors.ts';
import type { GroupLook } from '../../../src/kafka/inspect/groupLook.ts';
import { GroupObserver } from '../../../src/service/group/observer.ts';
import { GroupWatch } from '../../../src/service/group/watch.ts';
import { SimulatedClock } from '../../support/simulationClock.ts';
import { lookAt } from './looks.ts';

const DOWN = new TidemarkError('E-KAFKA-UNREACHABLE', 'no broker answers');

/** A watch on a simulated clock, over a group whose looks are answered by `answer`. */
function newWatch(answer: (look: number) => GroupLook) {
  const clock = new SimulatedClock();
  const atMs: number[] = [];
  let closed = 0;
  const observer = new GroupObserver({
    view: {
      look: async () => {
        atMs.push(Math.round(clock.monotonicMs()));
        return answer(atMs.length);
      },
      close: async () => {
        closed++;
      },
    },
    history: { group: 'g', topic: 't', windowMs: 30_000, stuckAfterMs: 30_000, most: 5 },
    scale: { drainInMs: 300_000 },
    clock,
    newReader: async () => assert.fail('no partition is hot'),
  });
  const told: string[] = [];
  const watch = new GroupWatch(observer, {
    clock,
    random: () => 0.5,
    everyMs: 10_000,
    looked: () => told.push('looked'),
    failed: ({ code }) => told.push(code),
  });
  return { clock, atMs, observer, watch, told, closed: () => closed };
}

describe('the watch over a group', () => {
  test('looks at once, soon again for rates, and then at its distance', async () => {
    const { clock, atMs, watch, observer } = newWatch((look) =>
      lookAt([{ end: look * 10, committed: look * 10 }]),
    );
    watch.start();
    await clock.advance(40_000);
    const [first] = atMs;
    assert.deepEqual(
      atMs.map((at) => at - first!),
      [0, 2_000, 12_000, 22_000, 32_000],
    );
    assert.ok(observer.advice() !== undefined);
    await watch.stop();
  });

  test('goes on through looks that fail, less often, and says what failed beside what was seen', async () => {
    const { clock, atMs, watch, observer, told } = newWatch((look) => {
      if (look > 2 && look < 6) throw DOWN;
      return lookAt([{ end: 10, committed: 4 }]);
    });
    watch.start();
    await clock.advance(40_000);
    const report = observer.report();
    assert.deepEqual([report.fault?.code, report.lag], ['E-KAFKA-UNREACHABLE', 6]);
    assert.match(observer.advice()!.reason, /^As of 38 s ago, .*\(E-KAFKA-UNREACHABLE\)/);
    await clock.advance(160_000);
    const gaps = atMs.slice(1).map((at, index) => at - atMs[index]!);
    assert.deepEqual(gaps.slice(0, 6), [2_000, 10_000, 20_000, 40_000, 60_000, 10_000]);
    assert.deepEqual(told.slice(0, 6), ['looked', 'looked', DOWN.code, DOWN.code, DOWN.code, 'looked']);
    assert.equal(observer.report().fault, null);
    await watch.stop();
  });

  test('a bug in a look does not end it either', async () => {
    const { clock, told, watch } = newWatch(() => {
      throw new TypeError('of our own making');
    });
    watch.start();
    await clock.advance(60_000);
    assert.deepEqual(new Set(told), new Set(['E-INTERNAL']));
    assert.ok(told.length >= 2);
    await watch.stop();
  });

  test('looks no more and tells nothing once stopped', async () => {
    const { clock, atMs, watch, told, closed } = newWatch(() => lookAt([{ end: 1, committed: 1 }]));
    watch.start();
    await watch.stop();
    await clock.advance(100_000);
    assert.deepEqual([atMs.length, told, closed()], [1, [], 1]);
  });
});
