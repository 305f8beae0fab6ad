import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NativeSink } from '../../../src/kafka/native/sink.ts';
import type { EncodedRecords } from '../../../src/kafka/records.ts';
import { blockOf } from '../arbitraries.ts';

const MIB = 1024 * 1024;

function newSink(): NativeSink {
  const events = { paused() {}, resumed() {} };
  return new NativeSink({ brokers: ['localhost:1'], clientId: 'test' }, {}, events);
}

/** Grown past half a megabyte, as a buffer is that was full once. */
function grown(sink: NativeSink): EncodedRecords {
  const records = sink.newRecords('scored', 0);
  const block = blockOf([{ offset: 0, key: null, value: null, headers: [], timestamp: 0 }]);
  const value = new Uint8Array(600_000);
  records.append(block, 0, value, 0, value.length, -1, sink.newStamp([], { source: false }));
  return records;
}

test('buffers that were given back are used again, and what is too much of them is free at once', () => {
  const sink = newSink();
  const all = Array.from({ length: 64 }, () => grown(sink));
  for (const records of all) sink.release(records);
  const kept = all.filter(({ bytes }) => bytes.length > 0);
  const keptBytes = kept.reduce((sum, { bytes }) => sum + bytes.length, 0);
  assert.ok(keptBytes > 15 * MIB && keptBytes <= 16 * MIB, `${keptBytes} bytes are kept`);
  const again = Array.from({ length: 64 }, () => sink.newRecords('scored', 1));
  assert.equal(again.filter((records) => kept.includes(records)).length, kept.length);
  assert.ok(again.every(({ count, bytes }) => count === 0 && bytes.length > 0));
});
