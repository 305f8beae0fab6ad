import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { RecordBuffer, Sink } from '../../src/pipeline/ports.ts';
import type { ClientUnderTest } from './client.ts';
import { append, blockOf, NO_HEADERS, openedSink, readBack } from './sinks.ts';
import { Bench } from './support.ts';

/** Sends that overlap, buffers that are used again, and the compressions that a client declares. */
export function sendingConformance(name: string, client: ClientUnderTest): void {
  describe(`${name}: sending`, () => {
    let bench: Bench;
    before(async () => {
      bench = await Bench.open(client.brokers);
    });
    after(() => bench.close());

    function fill(sink: Sink, buffer: RecordBuffer, from: number, count: number, filler = ''): RecordBuffer {
      const stamp = sink.newStamp([['model-name', 'm']], { source: true });
      for (let i = from; i < from + count; i++) {
        append(buffer, blockOf(`${i}`, NO_HEADERS, i), `${i}${filler}`, 1_700_000_000_000 + i, stamp);
      }
      return buffer;
    }

    test('calls overlap; within a partition records are in the order of calls, of buffers and of records', async () => {
      const topic = await bench.topic(2);
      const { sink } = await openedSink(bench, client);
      const calls = Array.from({ length: 12 }, (_, call) => [
        fill(sink, sink.newRecords(topic, call % 2), call * 200, 100),
        fill(sink, sink.newRecords(topic, 0), call * 200 + 100, 100),
      ]);
      const answers = await Promise.all(calls.map((buffers) => sink.send(buffers)));
      assert.deepEqual(answers.flat(), []);
      const records = await readBack(bench, client, topic, 2400);
      for (const partition of [0, 1]) {
        const own = records.filter((record) => record.partition === partition).map(({ key }) => Number(key));
        assert.deepEqual(
          own,
          own.toSorted((a, b) => a - b),
        );
      }
      assert.equal(new Set(records.map(({ key }) => key)).size, 2400);
    });

    test('a call is answered with its own refusals, whatever else is on its way', async () => {
      const topic = await bench.topic(1, { 'max.message.bytes': '20000' });
      const { sink } = await openedSink(bench, client);
      const sends = [1, 2, 3].map((call) => {
        const buffer = fill(sink, sink.newRecords(topic, 0), call * 100, 10);
        if (call === 2) fill(sink, buffer, 999, 1, 'y'.repeat(30_000));
        return { buffer, answer: sink.send([buffer]) };
      });
      const answers = await Promise.all(sends.map(({ answer }) => answer));
      assert.deepEqual(
        answers.map((refusals) => refusals.map(({ records, index, code }) => [records, index, code])),
        [[], [[sends[1]!.buffer, 10, 'E-RECORD-TOO-LARGE']], []],
      );
      const records = await readBack(bench, client, topic, 30);
      assert.deepEqual(
        records.map(({ key }) => Number(key)),
        [1, 2, 3].flatMap((call) => Array.from({ length: 10 }, (_, i) => call * 100 + i)),
      );
    });

    test('buffers that were released may be used again, while others are on their way', async () => {
      const topic = await bench.topic(2);
      const { sink } = await openedSink(bench, client);
      const rounds: Promise<void>[] = [];
      for (let round = 0; round < 30; round++) {
        const buffers = [0, 1].map((partition) =>
          fill(sink, sink.newRecords(topic, partition), round * 100 + partition * 50, 50),
        );
        rounds.push(
          sink.send(buffers).then((refusals) => {
            assert.deepEqual(refusals, []);
            for (const buffer of buffers) sink.release(buffer);
          }),
        );
        if (round % 3 === 2) await rounds[round - 2];
      }
      await Promise.all(rounds);
      const records = await readBack(bench, client, topic, 3000);
      for (const { key, value, headers } of records) {
        assert.equal(value, key);
        assert.deepEqual(headers, [
          ['model-name', 'm'],
          ['source', `input/5@${key}`],
        ]);
      }
      for (const partition of [0, 1]) {
        const own = records.filter((record) => record.partition === partition).map(({ key }) => Number(key));
        assert.deepEqual(
          own,
          own.toSorted((a, b) => a - b),
        );
      }
    });

    for (const compression of client.capabilities.compression) {
      test(`sends more than one request holds, compression ${compression}`, async () => {
        const topic = await bench.topic(1);
        const { sink } = await openedSink(bench, client, { compression });
        const buffer = fill(sink, sink.newRecords(topic, 0), 0, 6000, 'x'.repeat(400));
        assert.deepEqual(await sink.send([buffer]), []);
        const records = await readBack(bench, client, topic, 6000);
        assert.deepEqual(
          records.map((record) => record.key),
          Array.from({ length: 6000 }, (_, i) => `${i}`),
        );
      });
    }
  });
}
