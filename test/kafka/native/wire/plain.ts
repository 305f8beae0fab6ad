/** Record batches written and read the slow and obvious way, with BigInt and objects: what the reader and the writer must agree with. */
import assert from 'node:assert/strict';
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { compressionsAlgorithms } from '@platformatic/kafka';
import type { Compression } from '../../../../src/pipeline/ports.ts';

export interface PlainRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [name: Uint8Array, value: Uint8Array | null])[];
}

export interface PlainBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  readonly compression: Compression;
  readonly isLogAppendTime: boolean;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly records: readonly PlainRecord[];
}

const COMPRESSIONS: Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** CRC-32C bit by bit. */
function plainCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** Makes the checksum of the batch that is `bytes` right, whatever else is wrong with it. */
export function fixChecksum(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(plainCrc32c(bytes.subarray(21)), 17);
  return bytes;
}

/** Zigzag and seven bits a byte with BigInt, as the protocol guide says it. */
export function plainVarint(value: number): number[] {
  const zigzag = BigInt(value) >= 0n ? BigInt(value) * 2n : BigInt(value) * -2n - 1n;
  const bytes: number[] = [];
  let rest = zigzag;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

function sized(bytes: Uint8Array | null): number[] {
  return bytes === null ? [1] : [...plainVarint(bytes.length), ...bytes];
}

export function plainRecordBytes(batch: PlainBatch, record: PlainRecord): number[] {
  const body = [
    0,
    ...plainVarint(record.timestamp - batch.baseTimestamp),
    ...plainVarint(record.offset - batch.baseOffset),
    ...sized(record.key),
    ...sized(record.value),
    ...plainVarint(record.headers.length),
    ...record.headers.flatMap(([name, value]) => [...sized(name), ...sized(value)]),
  ];
  return [...plainVarint(body.length), ...body];
}

/** @param body the records, instead of the batch's own; @param count what the header says of them. */
export function writePlain(
  batch: PlainBatch,
  body: Buffer = Buffer.from(batch.records.flatMap((record) => plainRecordBytes(batch, record))),
  count = batch.records.length,
): Buffer {
  const compressed = batch.compression === 'none' ? body : plainCompress(batch.compression, body);
  const bytes = Buffer.alloc(61 + compressed.length);
  bytes.writeBigInt64BE(BigInt(batch.baseOffset), 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt32BE(batch.leaderEpoch, 12);
  bytes[16] = 2;
  const bits =
    (batch.isLogAppendTime ? 8 : 0) | (batch.isTransactional ? 16 : 0) | (batch.isControl ? 32 : 0);
  bytes.writeInt16BE(COMPRESSIONS.indexOf(batch.compression) | bits, 21);
  bytes.writeInt32BE(batch.lastOffset - batch.baseOffset, 23);
  bytes.writeBigInt64BE(BigInt(batch.baseTimestamp), 27);
  bytes.writeBigInt64BE(BigInt(batch.maxTimestamp), 35);
  bytes.writeBigInt64BE(BigInt(batch.producerId), 43);
  bytes.writeInt16BE(batch.producerEpoch, 51);
  bytes.writeInt32BE(batch.baseSequence, 53);
  bytes.writeInt32BE(count, 57);
  compressed.copy(bytes, 61);
  return fixChecksum(bytes);
}

export function plainCompress(compression: Exclude<Compression, 'none'>, bytes: Buffer): Buffer {
  if (compression === 'gzip') return gzipSync(bytes);
  if (compression === 'zstd') return zstdCompressSync(bytes);
  return compressionsAlgorithms[compression].compressSync(bytes);
}

/** Reads whole batches; throws on anything that is not as KIP-98 says. Snappy in raw framing only. */
export function readPlain(bytes: Buffer): PlainBatch[] {
  const batches: PlainBatch[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 12 + bytes.readInt32BE(at + 8);
    assert.ok(size >= 61 && at + size <= bytes.length, 'whole batches');
    const batch = readBatch(bytes.subarray(at, at + size));
    assert.ok(batch.baseOffset > (batches.at(-1)?.lastOffset ?? -1), 'batches ascend');
    batches.push(batch);
    at += size;
  }
  return batches;
}

function readBatch(bytes: Buffer): PlainBatch {
  assert.equal(bytes[16], 2);
  assert.equal(bytes.readUInt32BE(17), plainCrc32c(bytes.subarray(21)));
  const attributes = bytes.readInt16BE(21);
  const compression = COMPRESSIONS[attributes & 7];
  assert.ok(compression !== undefined);
  const baseOffset = safe(bytes.readBigInt64BE(0));
  const lastOffset = safe(bytes.readBigInt64BE(0) + BigInt(bytes.readInt32BE(23)));
  const facts = {
    baseOffset,
    lastOffset,
    leaderEpoch: bytes.readInt32BE(12),
    compression,
    isLogAppendTime: (attributes & 8) !== 0,
    isTransactional: (attributes & 16) !== 0,
    isControl: (attributes & 32) !== 0,
    baseTimestamp: Number(bytes.readBigInt64BE(27)),
    maxTimestamp: Number(bytes.readBigInt64BE(35)),
    producerId: safe(bytes.readBigInt64BE(43)),
    producerEpoch: bytes.readInt16BE(51),
    baseSequence: bytes.readInt32BE(53),
  };
  const count = bytes.readInt32BE(57);
  assert.ok(baseOffset >= 0 && safe(BigInt(lastOffset) + 1n) > 0 && lastOffset >= baseOffset);
  assert.ok(count >= 0 && count <= lastOffset - baseOffset + 1, 'no more records than offsets');
  if (count === 0) return { ...facts, records: [] };
  const body = bytes.subarray(61);
  return {
    ...facts,
    records: readRecords(compression === 'none' ? body : plainDecompress(compression, body), facts, count),
  };
}

function plainDecompress(compression: Exclude<Compression, 'none'>, bytes: Buffer): Buffer {
  if (compression === 'gzip') return gunzipSync(bytes);
  if (compression === 'zstd') return zstdDecompressSync(bytes);
  return compressionsAlgorithms[compression].decompressSync(bytes);
}

function readRecords(bytes: Buffer, batch: Omit<PlainBatch, 'records'>, count: number): PlainRecord[] {
  let at = 0;
  let end = bytes.length;
  const varint = (longest: number): bigint => {
    let result = 0n;
    for (let i = 0; i < longest; i++) {
      assert.ok(at < end, 'a varint ends before its record');
      const byte = BigInt(bytes[at++]!);
      result |= (byte & 0x7fn) << BigInt(7 * i);
      if (byte < 128n) {
        if (longest === 5) result &= 0xffffffffn;
        else assert.ok(result >> 1n < 1n << 63n);
        return (result >> 1n) ^ -(result & 1n);
      }
    }
    throw new Error('a varint is too long');
  };
  const int = () => Number(varint(5));
  const field = (smallest: number): Uint8Array | null => {
    const length = int();
    assert.ok(length >= smallest && at + length <= end, 'a field ends before its record');
    if (length < 0) return null;
    at += length;
    return bytes.subarray(at - length, at);
  };
  const records: PlainRecord[] = [];
  for (let i = 0; i < count; i++) {
    end = bytes.length;
    const length = int();
    assert.ok(length > 0 && at + length <= bytes.length, 'a record ends before its batch');
    end = at + length;
    at++;
    const timestampDelta = Number(varint(10));
    const offset = batch.baseOffset + int();
    const key = field(-1);
    const value = field(-1);
    const headerCount = int();
    assert.ok(headerCount >= 0);
    const headers: [Uint8Array, Uint8Array | null][] = [];
    for (let h = 0; h < headerCount; h++) headers.push([field(0)!, field(-1)]);
    assert.equal(at, end, 'a record is as long as it says');
    assert.ok(offset > (records.at(-1)?.offset ?? batch.baseOffset - 1) && offset <= batch.lastOffset);
    const timestamp = batch.isLogAppendTime ? batch.maxTimestamp : batch.baseTimestamp + timestampDelta;
    records.push({ offset, timestamp, key, value, headers });
  }
  assert.equal(at, bytes.length, 'records fill their batch');
  return records;
}

function safe(value: bigint): number {
  assert.ok(Number.isSafeInteger(Number(value)));
  return Number(value);
}
