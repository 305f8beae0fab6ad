import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ViewListener } from '../../../src/kafka/native/cluster/cluster.ts';
import type { TopicView } from '../../../src/kafka/native/cluster/topicView.ts';
import { TopicWatch } from '../../../src/kafka/native/topicWatch.ts';
import { staysFalse, until } from '../../conformance/support.ts';

const VIEW: TopicView = { name: 'events', id: 'an id', partitions: [{ nodeId: 1, leaderEpoch: 0 }] };

/** A cluster whose topic comes and goes, and the watch that looks for it without pauses. */
class Watched {
  readonly told: string[] = [];
  asked = 0;
  fault: Error | undefined;
  readonly watch: TopicWatch;
  #view: TopicView | undefined;
  #listener: ViewListener = () => {};

  constructor(t: TestContext) {
    const cluster = {
      refresh: async () => {
        this.asked++;
        if (this.fault !== undefined) throw this.fault;
      },
      topic: () => this.#view,
      onChange: (listener: ViewListener) => {
        this.#listener = listener;
        return () => {
          this.#listener = () => {};
        };
      },
    };
    const events = {
      missing: ({ code }: { code: string }) => this.told.push(code),
      there: () => this.told.push('there'),
      failed: (thrown: unknown) => this.told.push((thrown as Error).message),
    };
    this.watch = new TopicWatch(cluster, 'events', events, () => 0);
    t.after(() => this.watch.stop());
  }

  becomes(view: TopicView | undefined): void {
    this.#view = view;
    this.#listener(view, 'events');
  }
}

test('tells that a topic is missing until it is there, then asks no more', async (t) => {
  const watched = new Watched(t);
  watched.watch.start();
  await until('some answers', () => watched.told.length >= 3);
  assert.deepEqual([...new Set(watched.told)], ['E-KAFKA-TOPIC-MISSING']);
  watched.becomes(VIEW);
  await until('the topic', () => watched.told.at(-1) === 'there');
  const { asked } = watched;
  assert.ok(await staysFalse(() => watched.asked > asked, 20));
});

test('a topic that is deleted while it is read is told again', async (t) => {
  const watched = new Watched(t);
  watched.becomes(VIEW);
  watched.watch.start();
  await until('the topic', () => watched.told.includes('there'));
  watched.becomes(undefined);
  await until('that it is gone', () => watched.told.at(-1) === 'E-KAFKA-TOPIC-MISSING');
  watched.becomes(VIEW);
  await until('the topic again', () => watched.told.at(-1) === 'there');
});

test('goes on asking when asking fails, and stops when told to', async (t) => {
  const watched = new Watched(t);
  watched.fault = new Error('no broker answers');
  watched.watch.start();
  await until('two faults', () => watched.told.filter((what) => what === 'no broker answers').length >= 2);
  watched.watch.stop();
  const { length } = watched.told;
  assert.ok(await staysFalse(() => watched.told.length > length, 20));
});
