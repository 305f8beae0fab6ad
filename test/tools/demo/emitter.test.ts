import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Emitter, type Emitting } from '../../../tools/demo/emitter.ts';
import type { WorldEvent, WorldStream } from '../../../tools/demo/worlds/world.ts';

const HOUR_MS = 3_600_000;

interface Written {
  readonly topic: string;
  readonly key: string;
  readonly value: { readonly id?: string; readonly at?: number };
}

/** One event an hour, whose label is known three hours later. */
function* hourly(): Generator<WorldEvent, never> {
  for (let hour = 0; ; hour++) {
    const id = `e${hour}`;
    yield {
      id,
      key: `k${hour % 3}`,
      simulatedMs: hour * HOUR_MS,
      value: (at) => ({ id, at }),
      label: { id, value: { id } },
    };
  }
}

function emitting(changes: Partial<Emitting> = {}) {
  const written: Written[] = [];
  const stream: WorldStream = {
    known: [{ id: 'old', value: { id: 'old' } }],
    events: hourly(),
    span: { fromMs: 0, untilMs: 10 * HOUR_MS },
  };
  const encode = (value: object) => Buffer.from(JSON.stringify(value));
  const emitter = new Emitter({
    stream,
    labelDelayMs: 3 * HOUR_MS,
    publisher: {
      append: (topic, key, value) => written.push({ topic, key, value: JSON.parse(String(value)) }),
      flush: async () => {},
    },
    topics: { events: 'events', labels: 'labels' },
    encodeEvent: encode,
    encodeLabel: encode,
    rate: Number.POSITIVE_INFINITY,
    most: { events: Number.POSITIVE_INFINITY, simulatedMs: Number.POSITIVE_INFINITY },
    enough: new AbortController().signal,
    signal: new AbortController().signal,
    ...changes,
  });
  const ids = (topic: string) => written.filter((one) => one.topic === topic).map(({ value }) => value.id);
  return { emitter, written, ids };
}

test('events end at the number that is asked for, each under its key and with the time of its emission', async () => {
  const { emitter, written, ids } = emitting({ most: { events: 5, simulatedMs: Number.POSITIVE_INFINITY } });
  const fromMs = Date.now();
  await emitter.run();
  assert.deepEqual(ids('events'), ['e0', 'e1', 'e2', 'e3', 'e4']);
  assert.equal(emitter.emitted, 5);
  const events = written.filter(({ topic }) => topic === 'events');
  assert.deepEqual(
    events.map(({ key }) => key),
    ['k0', 'k1', 'k2', 'k0', 'k1'],
  );
  for (const { value } of events) assert.ok(value.at! >= fromMs && value.at! <= Date.now());
});

test('events end before a simulated time', async () => {
  const { emitter, ids } = emitting({
    most: { events: Number.POSITIVE_INFINITY, simulatedMs: 4 * HOUR_MS },
  });
  await emitter.run();
  assert.deepEqual(ids('events'), ['e0', 'e1', 'e2', 'e3']);
});

test('a label is published when its simulated hours have passed, all others after the last event', async () => {
  const { emitter, ids } = emitting({ most: { events: 5, simulatedMs: Number.POSITIVE_INFINITY } });
  await emitter.run();
  assert.deepEqual(ids('labels'), ['old', 'e0', 'e1']);
  await emitter.publishRemainingLabels();
  assert.deepEqual(ids('labels'), ['old', 'e0', 'e1', 'e2', 'e3', 'e4']);
});

test('emission stops when there is enough, and what was emitted has its labels all the same', async () => {
  const enough = new AbortController();
  const { emitter, ids } = emitting({ rate: 500, enough: enough.signal });
  setTimeout(() => enough.abort(), 100);
  await emitter.run();
  await emitter.publishRemainingLabels();
  assert.ok(emitter.emitted > 0);
  assert.deepEqual(ids('labels'), ['old', ...ids('events')]);
});

test('what the broker refuses for good ends the emission with the reason', async () => {
  const { emitter } = emitting({
    publisher: { append: () => {}, flush: () => Promise.reject(new Error('no such topic')) },
  });
  await assert.rejects(emitter.run(), /no such topic/);
});

test('a broker that is slow holds up the emission, and nothing piles up', async () => {
  let flushes = 0;
  const enough = new AbortController();
  const { promise: answer, resolve } = Promise.withResolvers<void>();
  const { emitter } = emitting({
    enough: enough.signal,
    publisher: {
      append: () => {},
      flush: () => {
        flushes++;
        return answer;
      },
    },
  });
  const run = emitter.run();
  for (let turn = 0; turn < 50; turn++) await new Promise((next) => setImmediate(next));
  assert.ok(flushes <= 9, `${flushes} requests wait for an answer`);
  enough.abort();
  resolve();
  await run;
});
