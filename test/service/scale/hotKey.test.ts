import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Block,
  KEY_END,
  KEY_START,
  SPAN_STRIDE,
  type TopicReader,
} from '../../../src/pipeline/ports.ts';
import { commonestKey } from '../../../src/service/scale/hotKey.ts';

type Key = string | Buffer | null;

/** The records of one fetch, of which only keys matter here; the first has offset `from`. */
function blockOf(keys: readonly Key[], from: number): Block {
  const bytes = Buffer.concat(keys.map((key) => (key === null ? Buffer.alloc(0) : Buffer.from(key))));
  const spans = new Int32Array(keys.length * SPAN_STRIDE).fill(-1);
  let at = 0;
  keys.forEach((key, index) => {
    if (key === null) return;
    spans[index * SPAN_STRIDE + KEY_START] = at;
    at += Buffer.from(key).length;
    spans[index * SPAN_STRIDE + KEY_END] = at;
  });
  return {
    lease: { topic: 't', partition: 3, generation: -1, state: { kind: 'held' } },
    bytes,
    count: keys.length,
    spans,
    offsets: Float64Array.from(keys, (_, index) => from + index),
    timestamps: new Float64Array(keys.length),
    nextOffset: from + keys.length,
    endOffset: from + keys.length,
  };
}

/** Gives these blocks, and then nothing more, as a partition whose end is reached. */
function readerOf(blocks: readonly Block[]) {
  const left = [...blocks];
  const seen = { from: new Map<number, number>(), released: 0, stopped: 0 };
  const reader: TopicReader = {
    ends: () => assert.fail('the end is known'),
    read: (from) => {
      seen.from = new Map(from);
    },
    next: () => (left.length === 0 ? new Promise(() => {}) : Promise.resolve(left.shift())),
    release: () => {
      seen.released++;
    },
    stop: async () => {
      seen.stopped++;
    },
  };
  return { reader, seen };
}

const never = new AbortController().signal;
const keys = (key: Key, times: number): Key[] => Array.from({ length: times }, () => key);

describe('the commonest key of a partition', () => {
  test('is counted over the latest records, whatever blocks they come in', async () => {
    const { reader, seen } = readerOf([
      blockOf([...keys('whale', 30), ...keys('a', 10)], 4_000),
      blockOf([...keys('b', 10), ...keys('whale', 50)], 4_040),
    ]);
    const key = await commonestKey(reader, 3, 4_100, never);
    assert.deepEqual(key, { key: 'whale', share: 0.8, sampled: 100 });
    assert.deepEqual([...seen.from], [[3, 3_100]]);
    assert.deepEqual([seen.released, seen.stopped], [2, 1]);
  });

  test('is none where no key is common, or records have none', async () => {
    const many = Array.from({ length: 100 }, (_, at) => `customer-${at % 10}`);
    assert.equal(await commonestKey(readerOf([blockOf(many, 0)]).reader, 3, 100, never), null);
    assert.equal(await commonestKey(readerOf([blockOf(keys(null, 50), 0)]).reader, 3, 50, never), null);
    const few = [...keys(null, 90), ...keys('a', 10)];
    assert.equal(await commonestKey(readerOf([blockOf(few, 0)]).reader, 3, 100, never), null);
  });

  test('is shown as text where it is text, else in hexadecimal digits, and shortened', async () => {
    const shown = async (key: Key) =>
      (await commonestKey(readerOf([blockOf(keys(key, 3), 0)]).reader, 3, 3, never))?.key;
    assert.equal(await shown('Zoë 7'), 'Zoë 7');
    assert.equal(await shown(Buffer.of(0, 0, 0, 0, 7, 2)), '000000000702');
    assert.equal(await shown('\u001b[2Jgone'), Buffer.from('\u001b[2Jgone').toString('hex'));
    assert.equal(await shown(Buffer.of(0xff, 0xfe)), 'fffe');
    assert.equal(await shown('x'.repeat(100)), `${'x'.repeat(64)}…`);
  });

  test('looks at a thousand records and no more', async () => {
    const { reader } = readerOf([blockOf(keys('early', 1_000), 0), blockOf(keys('late', 5_000), 1_000)]);
    assert.deepEqual(await commonestKey(reader, 3, 6_000, never), { key: 'early', share: 1, sampled: 1_000 });
  });

  test('ends with what was read when the signal comes, as for an end that no reader gets to', async () => {
    const { reader, seen } = readerOf([blockOf(keys('whale', 4), 0)]);
    const stop = new AbortController();
    const found = commonestKey(reader, 3, 1_000, stop.signal);
    setImmediate(() => stop.abort());
    assert.deepEqual(await found, { key: 'whale', share: 1, sampled: 4 });
    assert.equal(seen.stopped, 1);
  });

  test('is not known, rather than none, where nothing could be read', async () => {
    const stop = new AbortController();
    const { reader, seen } = readerOf([]);
    const found = commonestKey(reader, 3, 1_000, stop.signal);
    setImmediate(() => stop.abort());
    assert.equal(await found, undefined);
    assert.equal(seen.stopped, 1);
  });
});
