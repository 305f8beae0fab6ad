/**
 * The records of a batch are compressed as a whole (KIP-98; zstd by KIP-110). A batch of a kilobyte may claim to become
 * gigabytes: how large it becomes is known or bounded before memory is given to it. snappy and lz4 are asked for their size;
 * zlib is told where to stop.
 *
 * snappy and lz4 are the library's WebAssembly, twice as fast as native addons on batches of kilobytes. On broken bytes it traps and
 * loses what it had reserved, a few times the batch, which the limits bound: a broken batch stops its partition, so that it is
 * tried once or twice and not for ever.
 */
// Whole: an older Node, which has no zstd, must come as far as being told that it is too old.
import zlib from 'node:zlib';
import { compressionsAlgorithms } from '@platformatic/kafka';
import type { Compression } from '../../../pipeline/ports.ts';
import { type BatchFault, corrupt } from './batchHeader.ts';
import { lz4Bound } from './lz4Frame.ts';
import { snappyDecompress, snappySize } from './snappy.ts';

export type Codec = Exclude<Compression, 'none'>;

/** zlib grows its output by pieces, whose size is a guess: most events become three to five times as large. */
const GUESSED_RATIO = 5;
const SMALLEST_PIECE_BYTES = 4 * 1024;
const LARGEST_PIECE_BYTES = 1024 * 1024;

/** The records of a batch in an array of their own, or why they cannot be had. Empty bytes are not compressed anything. */
export function decompress(codec: Codec, bytes: Buffer, maxBytes: number): Buffer | BatchFault {
  if (bytes.length === 0) return corrupt(`${codec} of nothing`);
  try {
    const records = codecs[codec].decompress(bytes, maxBytes);
    if (records === undefined) return tooLarge(codec, maxBytes);
    return records.length > maxBytes ? tooLarge(codec, maxBytes) : records;
  } catch (thrown) {
    if (isOutputLimit(thrown)) return tooLarge(codec, maxBytes);
    // Whatever a decoder throws, wherever it is written, it throws because of these bytes.
    return corrupt(`${codec}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

/** In a framing that Java's clients read. */
export function compress(codec: Codec, bytes: Buffer): Buffer {
  return codecs[codec].compress(bytes);
}

interface CodecFunctions {
  compress(bytes: Buffer): Buffer;
  /** @returns undefined when the result would be larger than `maxBytes`. Throws on bytes that are not of the codec. */
  decompress(bytes: Buffer, maxBytes: number): Buffer | undefined;
}

const codecs: Record<Codec, CodecFunctions> = {
  gzip: {
    compress: (bytes) => zlib.gzipSync(bytes),
    decompress: (bytes, maxBytes) => zlib.gunzipSync(bytes, zlibLimits(bytes, maxBytes)),
  },
  snappy: {
    compress: (bytes) => compressionsAlgorithms.snappy.compressSync(bytes),
    decompress(bytes, maxBytes) {
      const size = snappySize(bytes);
      if (size < 0) throw new Error('not snappy');
      return size > maxBytes ? undefined : snappyDecompress(bytes, size);
    },
  },
  lz4: {
    compress: (bytes) => compressionsAlgorithms.lz4.compressSync(bytes),
    decompress(bytes, maxBytes) {
      const bound = lz4Bound(bytes, maxBytes);
      if (bound < 0) throw new Error('not an LZ4 frame');
      return bound > maxBytes ? undefined : compressionsAlgorithms.lz4.decompressSync(bytes);
    },
  },
  zstd: {
    compress: (bytes) => zlib.zstdCompressSync(bytes),
    decompress: (bytes, maxBytes) => zlib.zstdDecompressSync(bytes, zlibLimits(bytes, maxBytes)),
  },
};

function zlibLimits(bytes: Buffer, maxBytes: number): { maxOutputLength: number; chunkSize: number } {
  const guess = bytes.length * GUESSED_RATIO;
  const chunkSize = Math.min(Math.max(guess, SMALLEST_PIECE_BYTES), LARGEST_PIECE_BYTES);
  return { maxOutputLength: maxBytes, chunkSize };
}

function isOutputLimit(thrown: unknown): boolean {
  return (thrown as { code?: unknown } | null)?.code === 'ERR_BUFFER_TOO_LARGE';
}

function tooLarge(codec: Codec, maxBytes: number): BatchFault {
  return { code: 'E-KAFKA-BATCH-LIMIT', detail: `${codec}: more than ${maxBytes} bytes when decompressed` };
}
