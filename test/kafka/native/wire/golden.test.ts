import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BatchHeader } from '../../../../src/kafka/native/wire/batchHeader.ts';
import { encodeBatch } from '../../../../src/kafka/native/wire/batchWriter.ts';
import { BATCH_HEADER_BYTES } from '../../../../src/kafka/native/wire/recordBatch.ts';
import { EncodedRecords } from '../../../../src/kafka/records.ts';
import { EncodedStamp } from '../../../../src/kafka/stamp.ts';
import { blockOf } from '../../arbitraries.ts';
import { readAll, shown } from './reading.ts';

interface GoldenRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  /** A number is the length of a value that repeats itself. */
  readonly value: string | number | null;
  readonly headers: readonly (readonly [string, string | null])[];
}

interface GoldenBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly magic: number;
  readonly leaderEpoch: number;
  readonly compression: string;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly maxTimestamp: number;
  readonly records: readonly GoldenRecord[];
}

interface Golden {
  readonly name: string;
  readonly bytes: string;
  readonly batches: readonly [GoldenBatch];
}

/** How they were made is said in golden/Golden.java. */
const file = new URL('golden/batches.json', import.meta.url);
const goldens: readonly Golden[] = JSON.parse(readFileSync(file, 'utf8'));
const REPEATED = Buffer.from('kafka record batch ');

function bytesOf(name: string): Buffer {
  const golden = goldens.find((one) => one.name === name);
  assert.ok(golden, name);
  return Buffer.from(golden.bytes, 'hex');
}

for (const { name, bytes, batches } of goldens) {
  const [batch] = batches;
  if (batch.magic < 2) {
    test(`a batch of Java's with ${name} is refused`, () => {
      const { records, nextOffset, fault } = readAll(Buffer.from(bytes, 'hex'), { from: 3 });
      assert.equal(fault?.code, 'E-KAFKA-RECORD-FORMAT');
      assert.equal(records.length, 0);
      assert.equal(nextOffset, 3);
    });
    continue;
  }
  test(`Java's batch is read: ${name}`, () => {
    const read = readAll(Buffer.from(bytes, 'hex'));
    assert.equal(read.fault, undefined);
    assert.equal(read.nextOffset, batch.lastOffset + 1);
    const expected = batch.isControl ? [] : batch.records;
    assert.deepEqual(
      shown(read.records),
      expected.map((record) =>
        typeof record.value === 'number' ? { ...record, value: repeated(record.value) } : record,
      ),
    );
  });
  test(`the header of Java's batch says: ${name}`, () => {
    const header = new BatchHeader();
    const array = Buffer.from(bytes, 'hex');
    assert.equal(header.read(array, 0, array.length, array.length), 'whole');
    const { records, magic, ...facts } = batch;
    assert.deepEqual(
      Object.fromEntries(Object.keys(facts).map((fact) => [fact, header[fact as keyof BatchHeader]])),
      facts,
    );
    assert.equal(header.count, records.length);
  });
}

function repeated(length: number): string {
  return Buffer.alloc(length, REPEATED).toString('hex');
}

for (const type of ['commit', 'abort'] as const) {
  test(`Java's ${type} marker is recognised`, () => {
    const ended: unknown[] = [];
    readAll(bytesOf(`${type} marker`), {
      transactions: {
        isAborted: () => assert.fail('a marker is not events'),
        ended: (...told) => ended.push(told),
      },
    });
    assert.deepEqual(ended, [[4711, type, type === 'commit' ? 77 : 78]]);
  });
}

test('our batch is byte for byte what Java makes of the same records', () => {
  for (const name of ['none', 'none, transactional', 'idempotent']) {
    const golden = goldens.find((one) => one.name === name)!;
    const [batch] = golden.batches;
    const records = new EncodedRecords('topic', 0, BATCH_HEADER_BYTES);
    for (const { timestamp, key, value, headers } of batch.records) {
      const plain = {
        key: unhexed(key),
        value: null,
        headers: headers.map(([header, of]) => ({ name: unhexed(header)!.toString(), value: unhexed(of) })),
        offset: 0,
        timestamp,
      };
      const out = unhexed(value as string | null);
      const block = blockOf([plain]);
      const stamp = new EncodedStamp([], false);
      records.append(
        block,
        0,
        out ?? Buffer.alloc(0),
        out === null ? -1 : 0,
        out?.length ?? 0,
        timestamp,
        stamp,
      );
    }
    const encoded = encodeBatch(records, batch, 'none');
    const expected = Buffer.from(golden.bytes, 'hex');
    // Offset and leader epoch, which the checksum leaves out, are the broker's to write.
    encoded.writeBigInt64BE(BigInt(batch.baseOffset), 0);
    encoded.writeInt32BE(batch.leaderEpoch, 12);
    assert.equal(encoded.toString('hex'), expected.toString('hex'), name);
  }
});

function unhexed(hex: string | null): Buffer | null {
  return hex === null ? null : Buffer.from(hex, 'hex');
}
