/**
 * Snappy comes in two framings: raw, one block of google/snappy's format_description.txt; and that of xerial's snappy-java, which
 * Java's clients write: a header, then blocks of up to 32 KiB, each after its length. Readers tell them apart by xerial's
 * magic, with which no raw block can begin. Each block begins with its size when decompressed, so that it is known in advance.
 */
import { compressionsAlgorithms } from '@platformatic/kafka';

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
/** Magic, version, and the oldest version that can read it. */
const XERIAL_HEADER_BYTES = XERIAL_MAGIC.length + 8;
/** The size is an unsigned varint of 32 bits. */
const LONGEST_SIZE_BYTES = 5;

/** Bytes when decompressed, without decompressing; -1 for what is not snappy. */
export function snappySize(bytes: Buffer): number {
  const blocks = new SnappyBlocks(bytes);
  let total = 0;
  while (blocks.next()) {
    const size = sizeOfBlock(bytes, blocks.start, blocks.end);
    if (size < 0) return -1;
    total += size;
  }
  return blocks.broken ? -1 : total;
}

/** @param size as `snappySize` tells it. Throws on what is not snappy. */
export function snappyDecompress(bytes: Buffer, size: number): Buffer {
  const blocks = new SnappyBlocks(bytes);
  if (blocks.isRaw) return compressionsAlgorithms.snappy.decompressSync(bytes);
  const whole = Buffer.allocUnsafeSlow(size);
  let written = 0;
  while (blocks.next()) {
    const block = compressionsAlgorithms.snappy.decompressSync(bytes.subarray(blocks.start, blocks.end));
    whole.set(block, written);
    written += block.length;
  }
  return whole.subarray(0, written);
}

/** Steps through the blocks of either framing. */
class SnappyBlocks {
  readonly isRaw: boolean;
  /** The current block. */
  start = 0;
  end = 0;
  broken = false;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.isRaw = !isXerial(bytes, 0);
  }

  next(): boolean {
    const bytes = this.#bytes;
    if (this.isRaw) {
      this.start = this.end;
      this.end = bytes.length;
      return this.start < this.end;
    }
    let at = this.end;
    // snappy-java reads streams that were put one after another as one.
    while (isXerial(bytes, at)) at += XERIAL_HEADER_BYTES;
    if (at === bytes.length) return false;
    const length = at + 4 > bytes.length ? -1 : bytes.readInt32BE(at);
    this.start = at + 4;
    this.end = this.start + length;
    // The library would take a block with xerial's magic for a stream of blocks, whose sizes nobody has added up.
    this.broken = length <= 0 || this.end > bytes.length || isXerial(bytes, this.start);
    return !this.broken;
  }
}

function isXerial(bytes: Buffer, at: number): boolean {
  return (
    bytes.length - at >= XERIAL_MAGIC.length &&
    bytes.compare(XERIAL_MAGIC, 0, XERIAL_MAGIC.length, at, at + XERIAL_MAGIC.length) === 0
  );
}

function sizeOfBlock(bytes: Buffer, start: number, end: number): number {
  let size = 0;
  for (let i = 0; i < LONGEST_SIZE_BYTES && start + i < end; i++) {
    const byte = bytes[start + i]!;
    size += (byte & 0x7f) * 128 ** i;
    if (byte < 0x80) return size;
  }
  return -1;
}
