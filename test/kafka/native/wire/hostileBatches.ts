/** Batches that nobody honest writes, kept by what is wrong with them. Checksums are right, or no reader would look behind them. */
import assert from 'node:assert/strict';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Compression } from '../../../../src/pipeline/ports.ts';
import { fixChecksum, type PlainBatch, plainCompress, plainVarint, writePlain } from './plain.ts';

/** What the others are made of. */
export const HONEST: PlainBatch = {
  baseOffset: 100,
  lastOffset: 109,
  leaderEpoch: 0,
  compression: 'none',
  isLogAppendTime: false,
  isTransactional: false,
  isControl: false,
  baseTimestamp: 1000,
  maxTimestamp: 1000,
  producerId: -1,
  producerEpoch: -1,
  baseSequence: -1,
  records: [
    { offset: 100, timestamp: 1000, key: Buffer.from('key'), value: Buffer.from('value'), headers: [] },
    {
      offset: 103,
      timestamp: 1000,
      key: null,
      value: Buffer.from('v'),
      headers: [[Buffer.from('h'), null]],
    },
  ],
};

/** Makes length and checksum right. */
export function sealed(batch: Buffer): Buffer {
  batch.writeInt32BE(batch.length - 12, 8);
  return fixChecksum(batch);
}

function headerWith(write: (batch: Buffer) => void): Buffer {
  const batch = writePlain(HONEST);
  write(batch);
  return fixChecksum(batch);
}

/** A batch of one record whose body, behind its length, is given. */
function bodyOf(...body: (number | number[])[]): Buffer {
  const bytes = body.flat();
  return writePlain(HONEST, Buffer.from([...plainVarint(bytes.length), ...bytes]), 1);
}

function compressedTo(compression: Compression, body: Buffer, count = 1): Buffer {
  const batch = Buffer.concat([writePlain(HONEST, Buffer.alloc(0), count), body]);
  batch.writeInt16BE(['none', 'gzip', 'snappy', 'lz4', 'zstd'].indexOf(compression), 21);
  return sealed(batch);
}

const XERIAL = Buffer.from('82534e4150505900' + '00000001' + '00000001', 'hex');
const ZEROS = Buffer.alloc(20_000_000);
const HUGE = plainVarint(2 ** 31 - 1);
const ENDLESS = Array<number>(12).fill(0xff);
/** Attributes, timestamp delta, offset delta. */
const HEAD = [0, 0, 0];
const NULL = [1];

export const corpus: readonly (readonly [name: string, batch: Buffer, code: string])[] = [
  ['count of two billion', headerWith((batch) => batch.writeInt32BE(2 ** 31 - 1, 57)), 'E-KAFKA-CORRUPT'],
  [
    'count of two billion for as many offsets',
    headerWith((batch) => {
      batch.writeInt32BE(2 ** 31 - 1, 57);
      batch.writeInt32BE(2 ** 31 - 1, 23);
    }),
    'E-KAFKA-CORRUPT',
  ],
  ['negative count', headerWith((batch) => batch.writeInt32BE(-1, 57)), 'E-KAFKA-CORRUPT'],
  ['fewer records than bytes', headerWith((batch) => batch.writeInt32BE(1, 57)), 'E-KAFKA-CORRUPT'],
  ['more records than bytes', headerWith((batch) => batch.writeInt32BE(3, 57)), 'E-KAFKA-CORRUPT'],
  ['negative last offset delta', headerWith((batch) => batch.writeInt32BE(-1, 23)), 'E-KAFKA-CORRUPT'],
  ['last offset before the last record', headerWith((batch) => batch.writeInt32BE(2, 23)), 'E-KAFKA-CORRUPT'],
  ['negative base offset', headerWith((batch) => batch.writeBigInt64BE(-100n, 0)), 'E-KAFKA-CORRUPT'],
  ['offset beyond 2^53', headerWith((batch) => batch.writeBigInt64BE(2n ** 53n - 4n, 0)), 'E-KAFKA-OFFSET'],
  ['largest offset', headerWith((batch) => batch.writeBigInt64BE(2n ** 63n - 1n, 0)), 'E-KAFKA-OFFSET'],
  ['producer beyond 2^53', headerWith((batch) => batch.writeBigInt64BE(2n ** 53n, 43)), 'E-KAFKA-CORRUPT'],
  ['negative length', headerWith((batch) => batch.writeInt32BE(-1, 8)), 'E-KAFKA-CORRUPT'],
  ['most negative length', headerWith((batch) => batch.writeInt32BE(-(2 ** 31), 8)), 'E-KAFKA-CORRUPT'],
  ['shorter than a header', headerWith((batch) => batch.writeInt32BE(48, 8)), 'E-KAFKA-CORRUPT'],
  [
    'length of two gigabytes',
    headerWith((batch) => batch.writeInt32BE(2 ** 31 - 1, 8)),
    'E-KAFKA-BATCH-LIMIT',
  ],
  ['magic 3', headerWith((batch) => batch.writeInt8(3, 16)), 'E-KAFKA-CORRUPT'],
  ['magic 1', headerWith((batch) => batch.writeInt8(1, 16)), 'E-KAFKA-RECORD-FORMAT'],
  ['compression 5', headerWith((batch) => batch.writeInt16BE(5, 21)), 'E-KAFKA-RECORD-FORMAT'],
  ['compression 7', headerWith((batch) => batch.writeInt16BE(7, 21)), 'E-KAFKA-RECORD-FORMAT'],
  ['record of nothing', writePlain(HONEST, Buffer.alloc(7), 1), 'E-KAFKA-CORRUPT'],
  ['record of two gigabytes', writePlain(HONEST, Buffer.from([...HUGE, 0, 0, 0]), 1), 'E-KAFKA-CORRUPT'],
  [
    'record of negative length',
    writePlain(HONEST, Buffer.from([...plainVarint(-9), ...HEAD, 0, 0, 0]), 1),
    'E-KAFKA-CORRUPT',
  ],
  ['record length without end', writePlain(HONEST, Buffer.from(ENDLESS), 1), 'E-KAFKA-CORRUPT'],
  ['timestamp without end', bodyOf(0, ENDLESS), 'E-KAFKA-CORRUPT'],
  ['timestamp beyond 64 bits', bodyOf(0, Array(9).fill(0xff), 0x7f, 0, NULL, NULL, 0), 'E-KAFKA-CORRUPT'],
  ['timestamp into the next field', bodyOf(0, 0x80, 0x80, 0x80, 0x80, 0x80), 'E-KAFKA-CORRUPT'],
  ['negative offset delta', bodyOf(0, 0, plainVarint(-1), NULL, NULL, 0), 'E-KAFKA-CORRUPT'],
  ['offset delta beyond the batch', bodyOf(0, 0, plainVarint(10), NULL, NULL, 0), 'E-KAFKA-CORRUPT'],
  [
    'offset twice',
    writePlain({ ...HONEST, records: [HONEST.records[0]!, HONEST.records[0]!] }),
    'E-KAFKA-CORRUPT',
  ],
  ['key of two gigabytes', bodyOf(HEAD, HUGE, 1, 1), 'E-KAFKA-CORRUPT'],
  ['key of length -2', bodyOf(HEAD, plainVarint(-2), NULL, 0), 'E-KAFKA-CORRUPT'],
  ['key up to the end', bodyOf(HEAD, plainVarint(2), 0, 0), 'E-KAFKA-CORRUPT'],
  ['value of two gigabytes', bodyOf(HEAD, NULL, HUGE, 0), 'E-KAFKA-CORRUPT'],
  ['value one too long', bodyOf(HEAD, NULL, plainVarint(2), 0), 'E-KAFKA-CORRUPT'],
  ['value length cut off by the end', bodyOf(HEAD, plainVarint(1), 7, 0x84), 'E-KAFKA-CORRUPT'],
  ['no header count', bodyOf(HEAD, NULL, plainVarint(1), 0), 'E-KAFKA-CORRUPT'],
  ['headers by the billion', bodyOf(HEAD, NULL, NULL, HUGE), 'E-KAFKA-CORRUPT'],
  ['negative header count', bodyOf(HEAD, NULL, NULL, plainVarint(-1)), 'E-KAFKA-CORRUPT'],
  ['header without a name', bodyOf(HEAD, NULL, NULL, plainVarint(1), NULL, NULL), 'E-KAFKA-CORRUPT'],
  ['header name of two gigabytes', bodyOf(HEAD, NULL, NULL, plainVarint(1), HUGE, 0), 'E-KAFKA-CORRUPT'],
  ['header value beyond the record', bodyOf(HEAD, NULL, NULL, plainVarint(1), 0, 4, 0), 'E-KAFKA-CORRUPT'],
  ['bytes behind the headers', bodyOf(HEAD, NULL, NULL, 0, 0), 'E-KAFKA-CORRUPT'],
  ['gzip of nothing', compressedTo('gzip', Buffer.alloc(0)), 'E-KAFKA-CORRUPT'],
  [
    'gzip cut short',
    compressedTo('gzip', gzipSync(ZEROS.subarray(0, 500)).subarray(0, -12)),
    'E-KAFKA-CORRUPT',
  ],
  ['gzip bomb', compressedTo('gzip', gzipSync(ZEROS)), 'E-KAFKA-BATCH-LIMIT'],
  ['zstd of nothing', compressedTo('zstd', Buffer.alloc(0)), 'E-KAFKA-CORRUPT'],
  ['zstd bomb', compressedTo('zstd', zstdCompressSync(ZEROS)), 'E-KAFKA-BATCH-LIMIT'],
  ['snappy of nothing', compressedTo('snappy', Buffer.alloc(0)), 'E-KAFKA-CORRUPT'],
  [
    'snappy of four gigabytes',
    compressedTo('snappy', Buffer.from('ffffffff0f00', 'hex')),
    'E-KAFKA-BATCH-LIMIT',
  ],
  ['snappy of less than it says', compressedTo('snappy', Buffer.from('ff0f00', 'hex')), 'E-KAFKA-CORRUPT'],
  ['snappy size without end', compressedTo('snappy', Buffer.alloc(20, 0xff)), 'E-KAFKA-CORRUPT'],
  ['xerial of nothing', compressedTo('snappy', XERIAL), 'E-KAFKA-CORRUPT'],
  [
    'xerial cut short',
    compressedTo('snappy', Buffer.concat([XERIAL, Buffer.from([0, 0])])),
    'E-KAFKA-CORRUPT',
  ],
  [
    'xerial block of negative length',
    compressedTo('snappy', Buffer.concat([XERIAL, Buffer.from('ffffffff00', 'hex')])),
    'E-KAFKA-CORRUPT',
  ],
  [
    'xerial block beyond the end',
    compressedTo('snappy', Buffer.concat([XERIAL, Buffer.from('000000050100', 'hex')])),
    'E-KAFKA-CORRUPT',
  ],
  ['xerial blocks of much', compressedTo('snappy', xerialOf(3, 'ffff3f00')), 'E-KAFKA-BATCH-LIMIT'],
  [
    'xerial in xerial',
    compressedTo(
      'snappy',
      xerialOf(1, Buffer.concat([XERIAL, Buffer.from('00000005ffff3f0000', 'hex')]).toString('hex')),
    ),
    'E-KAFKA-CORRUPT',
  ],
  ['lz4 of nothing', compressedTo('lz4', Buffer.alloc(0)), 'E-KAFKA-CORRUPT'],
  ['lz4 bomb', compressedTo('lz4', plainCompress('lz4', ZEROS)), 'E-KAFKA-BATCH-LIMIT'],
  [
    'lz4 without an end',
    compressedTo('lz4', plainCompress('lz4', ZEROS.subarray(0, 500)).subarray(0, -4)),
    'E-KAFKA-CORRUPT',
  ],
  [
    'lz4 block larger than blocks',
    compressedTo(
      'lz4',
      lz4Of(
        0x40,
        Buffer.concat([Buffer.from('1f000100', 'hex'), Buffer.alloc(1000, 0xff), Buffer.from('0000', 'hex')]),
      ),
    ),
    'E-KAFKA-CORRUPT',
  ],
  [
    'lz4 match before the start',
    compressedTo('lz4', lz4Of(0x40, Buffer.from('0fffff00', 'hex'))),
    'E-KAFKA-CORRUPT',
  ],
  [
    'lz4 block beyond the end',
    compressedTo('lz4', lz4Of(0x40, Buffer.alloc(10)).subarray(0, 14)),
    'E-KAFKA-CORRUPT',
  ],
];

function xerialOf(blocks: number, block: string): Buffer {
  const bytes = Buffer.from(block, 'hex');
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([XERIAL, ...Array<Buffer[]>(blocks).fill([length, bytes]).flat()]);
}

/** A frame of one compressed block; `descriptor` says how large blocks may become. The header's checksum is a library's. */
function lz4Of(descriptor: number, block: Buffer): Buffer {
  const head = plainCompress('lz4', Buffer.from('x')).subarray(0, 7);
  assert.equal(head[5], descriptor, 'the library writes blocks of 64 KiB for small data');
  const size = Buffer.alloc(4);
  size.writeUInt32LE(block.length);
  return Buffer.concat([head, size, block, Buffer.alloc(4)]);
}
