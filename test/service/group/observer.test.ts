import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TidemarkError } from '../../../src/errors.ts';
import type { TopicReader } from '../../../src/pipeline/ports.ts';
import { GroupObserver } from '../../../src/service/group/observer.ts';
import { SimulatedClock } from '../../support/simulationClock.ts';
import { lookAt } from './looks.ts';

const LOOK_EVERY_MS = 10_000;

/** Looks at a group of which partition 0 falls behind while the other keeps up, and asks for keys after each look. */
async function look(times: number, newReader: () => Promise<TopicReader>): Promise<GroupObserver> {
  const clock = new SimulatedClock();
  let looks = 0;
  const observer = new GroupObserver({
    view: {
      look: async () => {
        looks++;
        return lookAt([
          { end: looks * 10_000, committed: looks * 1_000, owner: 0 },
          { end: looks, committed: looks, owner: 0 },
        ]);
      },
      close: async () => {},
    },
    history: { group: 'g', topic: 't', windowMs: 30_000, stuckAfterMs: 30_000, most: 5 },
    scale: { drainInMs: 300_000 },
    clock,
    newReader,
  });
  for (let done = 0; done < times; done++) {
    await observer.look();
    await observer.readHotKeys();
    await clock.advance(LOOK_EVERY_MS);
  }
  return observer;
}

/** Ends before any record came, as of a partition whose broker does not answer. */
const SILENT: TopicReader = {
  ends: () => assert.fail('the end is known'),
  read: () => {},
  next: async () => undefined,
  release: () => {},
  stop: async () => {},
};

describe('the keys of a hot partition', () => {
  test('are asked for once a minute, also where they may not be read', async () => {
    let opened = 0;
    const observer = await look(14, async () => {
      opened++;
      throw new TidemarkError('E-KAFKA-ACL', 'Read on topic t is denied');
    });
    const hot = observer.advice()!.hot[0];
    assert.equal(hot?.partition, 0);
    assert.equal(hot.key, undefined);
    // Of thirteen looks that know of it, 10 s apart: the first, and those after 60 s and 120 s.
    assert.equal(opened, 3);
    await observer.close();
  });

  test('are not told as many different ones when no record came', async () => {
    const observer = await look(3, async () => SILENT);
    const hot = observer.advice()!.hot[0]!;
    assert.ok(!('key' in hot), JSON.stringify(hot));
    assert.doesNotMatch(hot.todo, /More partitions/);
    await observer.close();
  });
});
