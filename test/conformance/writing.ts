import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { encodeHeaders } from '../../src/kafka/headers.ts';
import type { ClientUnderTest } from './client.ts';
import { append, blockOf, NO_HEADERS, openedSink, readBack } from './sinks.ts';
import { Bench, staysPending, unique, until } from './support.ts';

const TIME = 1_700_000_000_000;

export function writingConformance(name: string, client: ClientUnderTest): void {
  describe(`${name}: writing`, () => {
    let bench: Bench;
    before(async () => {
      bench = await Bench.open(client.brokers);
    });
    after(() => bench.close());

    test('writes records in order to every partition, with keys, headers and times', async () => {
      const topic = await bench.topic(3);
      const { sink, log } = await openedSink(bench, client);
      assert.equal(await sink.partitionCount(topic), 3);
      const headers = encodeHeaders([
        { name: 'trace', value: Buffer.from('t1') },
        { name: 'model-name', value: Buffer.from('stale') },
        { name: 'trace', value: Buffer.from('t2') },
      ]);
      const stamp = sink.newStamp([['model-name', 'fraud']], { source: true });
      const buffers = [0, 1, 2].map((partition) => sink.newRecords(topic, partition));
      for (let i = 0; i < 300; i++) {
        const block = blockOf(i % 7 === 0 ? null : `key${i}`, headers, i);
        append(buffers[i % 3]!, block, i % 11 === 0 ? null : `value${i}`, TIME + i, stamp);
      }
      assert.deepEqual(await sink.send(buffers), []);
      const records = await readBack(bench, client, topic, 300);
      for (let partition = 0; partition < 3; partition++) {
        const own = records.filter((record) => record.partition === partition);
        assert.equal(own.length, 100);
        own.forEach((record, n) => {
          const i = n * 3 + partition;
          assert.equal(record.key, i % 7 === 0 ? null : `key${i}`);
          assert.equal(record.value, i % 11 === 0 ? null : `value${i}`);
          assert.equal(record.timestamp, TIME + i);
          assert.deepEqual(record.headers, [
            ['trace', 't1'],
            ['trace', 't2'],
            ['model-name', 'fraud'],
            ['source', `input/5@${i}`],
          ]);
        });
      }
      assert.equal(log.pauses.length, 0);
    });

    test('keeps the times 0 and none, and empty keys and values', async () => {
      const topic = await bench.topic(1);
      const { sink } = await openedSink(bench, client);
      const buffer = sink.newRecords(topic, 0);
      const stamp = sink.newStamp([], { source: false });
      append(buffer, blockOf('', new Uint8Array(0), 0), '', 0, stamp);
      append(buffer, blockOf(null, new Uint8Array(0), 1), 'x', TIME, stamp);
      await sink.send([buffer]);
      const records = await readBack(bench, client, topic, 2);
      assert.deepEqual(
        records.map(({ key, value, timestamp, headers }) => ({ key, value, timestamp, headers })),
        [
          { key: '', value: '', timestamp: 0, headers: [] },
          { key: null, value: 'x', timestamp: TIME, headers: [] },
        ],
      );
    });

    test('refuses the record that is too large, and that one only', async () => {
      const topic = await bench.topic(1, { 'max.message.bytes': '20000' });
      const { sink } = await openedSink(bench, client, { maxRecordBytes: 100_000 });
      const buffer = sink.newRecords(topic, 0);
      const stamp = sink.newStamp([], { source: false });
      // 13: too large for the topic. 40: too large for any request.
      const sizes = Array.from({ length: 60 }, (_, i) => (i === 13 ? 30_000 : i === 40 ? 200_000 : 1_000));
      sizes.forEach((size, i) => {
        append(buffer, blockOf(`${i}`, NO_HEADERS, i), 'y'.repeat(size), TIME, stamp);
      });
      const refusals = await sink.send([buffer]);
      assert.deepEqual(
        refusals.map(({ records, index, code }) => [records, index, code]),
        [
          [buffer, 13, 'E-RECORD-TOO-LARGE'],
          [buffer, 40, 'E-RECORD-TOO-LARGE'],
        ],
      );
      const records = await readBack(bench, client, topic, 58);
      assert.deepEqual(
        records.map((record) => Number(record.key)),
        sizes.map((_, i) => i).filter((i) => i !== 13 && i !== 40),
      );
    });

    test('refuses what a compacted topic does not take', async () => {
      const topic = await bench.topic(1, { 'cleanup.policy': 'compact' });
      const { sink } = await openedSink(bench, client);
      const buffer = sink.newRecords(topic, 0);
      const stamp = sink.newStamp([], { source: false });
      ['a', null, 'b'].forEach((key, i) => {
        append(buffer, blockOf(key, NO_HEADERS, i), 'v', TIME, stamp);
      });
      const refusals = await sink.send([buffer]);
      assert.deepEqual(
        refusals.map(({ index, code }) => [index, code]),
        [[1, 'E-RECORD-REFUSED']],
      );
      const records = await readBack(bench, client, topic, 2);
      assert.deepEqual(
        records.map((record) => record.key),
        ['a', 'b'],
      );
    });

    test('waits for a topic that does not exist, and goes on by itself', async () => {
      const topic = unique('topic');
      const { sink, log } = await openedSink(bench, client);
      const count = sink.partitionCount(topic);
      await until('the pause', () => log.pauses.length === 1);
      assert.equal(log.pauses[0]?.code, 'E-KAFKA-TOPIC-MISSING');
      await bench.topic(2, {}, topic);
      assert.equal(await count, 2);
      assert.equal(log.resumes, 1);
    });

    test('a send that waits ends with its cause when the sink stops', async () => {
      const { sink, log } = await openedSink(bench, client);
      const buffer = sink.newRecords(unique('topic'), 0);
      append(buffer, blockOf('k', NO_HEADERS, 0), 'v', TIME, sink.newStamp([], { source: false }));
      const sending = sink.send([buffer]);
      sending.catch(() => {});
      await until('the pause', () => log.pauses.length === 1);
      assert.ok(await staysPending(sending));
      await sink.stop();
      await assert.rejects(sending, { code: 'E-KAFKA-TOPIC-MISSING' });
    });

    test('gives keys the partition that Java gives them', async () => {
      const { sink } = await openedSink(bench, client);
      const key = Buffer.from('--21--');
      // org.apache.kafka.common.utils.UtilsTest: murmur2("21") is -973932308.
      assert.equal(sink.partitionOfKey(key, 2, 4, 1000), (-973932308 & 0x7fffffff) % 1000);
    });
  });
}
