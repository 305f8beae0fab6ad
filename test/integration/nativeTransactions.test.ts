/** What the native fetcher shows of transactions on a real broker, however they interleave and however they are compressed. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { Transaction } from 'kafkajs';
import { staysFalse, until } from '../conformance/support.ts';
import { FetchBench } from '../kafka/native/fetch/fetchBench.ts';
import { sharedStack } from '../support/stack.ts';

/** A transactional producer, and what its open transaction holds. */
class Writer {
  readonly begin: () => Promise<Transaction>;
  #open: Transaction | undefined;
  #values: string[] = [];
  /** Offsets taken by its records and by the markers of what it ended. */
  offsets = 0;

  private constructor(begin: () => Promise<Transaction>) {
    this.begin = begin;
  }

  static async connected(bench: FetchBench): Promise<Writer> {
    const producer = await bench.transactional();
    return new Writer(() => producer.transaction());
  }

  async put(topic: string, values: readonly string[]): Promise<void> {
    this.#open ??= await this.begin();
    await this.#open.send({ topic, messages: values.map((value) => ({ partition: 0, value })) });
    this.#values.push(...values);
    this.offsets += values.length;
  }

  /** @returns what was committed. */
  async end(commits: boolean): Promise<readonly string[]> {
    const values = this.#values;
    if (this.#open !== undefined) this.offsets++;
    await (commits ? this.#open?.commit() : this.#open?.abort());
    this.#open = undefined;
    this.#values = [];
    return commits ? values : [];
  }
}

describe('native fetcher, transactions', () => {
  let bench: FetchBench;
  let writers: Writer[];
  before(async () => {
    bench = await FetchBench.open((await sharedStack()).brokers);
    writers = await Promise.all(Array.from({ length: 4 }, () => Writer.connected(bench)));
  });
  after(() => bench.close());

  /** Transactions of all writers, at random, and records outside of any between them. @returns what is to be seen, and where the log ends. */
  async function writeInterleaved(topic: string, sends: number) {
    const committed = new Set<string>();
    let plain = 0;
    for (const writer of writers) writer.offsets = 0;
    const end = async (writer: Writer) => {
      for (const value of await writer.end(randomInt(2) === 0)) committed.add(value);
    };
    // Something is aborted, whatever chance says.
    await writers[0]!.put(topic, ['aborted']);
    await writers[0]!.end(false);
    for (let send = 0; send < sends; send++) {
      const writer = writers[randomInt(writers.length)]!;
      await writer.put(
        topic,
        Array.from({ length: 1 + randomInt(4) }, (_, i) => `${send}-${i}-${'x'.repeat(randomInt(100))}`),
      );
      if (randomInt(3) === 0) await end(writer);
      if (randomInt(5) !== 0) continue;
      await bench.write(topic, [{ partition: 0, value: `plain-${send}` }]);
      committed.add(`plain-${send}`);
      plain++;
    }
    for (const writer of writers) await end(writer);
    const endOffset = writers.reduce((sum, { offsets }) => sum + offsets, plain);
    // A broker answers before the markers are written, and until then the end it tells is the first open transaction.
    await until('the last marker', async () => (await bench.endOf(topic)) === endOffset);
    return { committed, endOffset };
  }

  // The broker compresses what it appends as the topic says, whatever the producer did.
  for (const compression of ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd']) {
    test(`read_committed shows exactly what was committed, from every offset on (${compression})`, async () => {
      const topic = await bench.topic(1, { 'compression.type': compression });
      const { committed, endOffset: end } = await writeInterleaved(topic, 40);
      const everything = await bench.readAll({ topic, readUncommitted: true }, end);
      const expected = everything.records.filter(({ value }) => committed.has(value!));
      assert.equal(expected.length, committed.size);
      assert.ok(expected.length < everything.records.length);
      // Small fetches begin and end in the midst of transactions.
      for (const maxPartitionBytes of [1_048_576, 500, 1]) {
        const read = await bench.readAll({ topic, maxPartitionBytes, maxBlockRecords: 7 }, end);
        assert.deepEqual(read.records, expected);
      }
      // The list of aborted transactions is that of the fetch, wherever it begins.
      const opened = await bench.reading({ topic });
      for (let from = 1; from < end; from += 1 + randomInt(10)) {
        opened.records.length = 0;
        opened.add(0, from);
        await opened.until('the end', () => opened.positions.get(0) === end);
        assert.deepEqual(
          opened.records,
          expected.filter(({ offset }) => offset >= from),
        );
      }
      await opened.close();
    });
  }

  test('an open transaction holds up its readers, and its end lets them pass by an empty block', async () => {
    const topic = await bench.topic(1);
    const [writer] = writers as [Writer];
    await bench.fill(topic, 0, 3);
    await writer.put(topic, ['open']);
    await bench.fill(topic, 0, 2, 'behind');
    const opened = await bench.reading({ topic });
    opened.add(0);
    await opened.until('what is stable', () => opened.records.length === 3);
    assert.ok(await staysFalse(() => opened.positions.get(0)! > 3));
    // Lag counts what is held up as well.
    assert.equal(opened.blocks.at(-1)?.endOffset, 6);
    await writer.end(false);
    await opened.until('the end', () => opened.positions.get(0) === 7);
    assert.deepEqual(opened.values(), ['v0', 'v1', 'v2', 'behind0', 'behind1']);
    await writer.put(topic, ['gone']);
    await writer.end(false);
    await opened.until('the end again', () => opened.positions.get(0) === 9);
    assert.equal(opened.blocks.at(-1)?.count, 0);
    assert.equal(opened.blocks.at(-1)?.endOffset, 9);
  });
});
