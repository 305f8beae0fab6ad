/**
 * How large an LZ4 frame (lz4/doc/lz4_Frame_format.md; in Kafka since 0.8.2, with a correct header checksum by KIP-57) becomes, told
 * from its outline and before a byte of it is decompressed. The frame may not say it, so it is bounded block by block: no
 * block becomes larger than the frame's block size. Where that bound is too coarse, as in a frame of many short blocks, the
 * lengths in the blocks are added up.
 */
const FRAME_MAGIC = 0x184d2204;
const MAGIC_BYTES = 4;
/** Flags, block descriptor, header checksum. */
const DESCRIPTOR_BYTES = 3;
const VERSION_BITS = 0xc0;
const VERSION_1 = 0x40;
const BLOCK_CHECKSUMS = 0x10;
const CONTENT_SIZE = 0x08;
const CONTENT_CHECKSUM = 0x04;
const DICTIONARY_ID = 0x01;
const UNCOMPRESSED_BLOCK = 0x80000000;
const CHECKSUM_BYTES = 4;
const SMALLEST_BLOCK_ID = 4;
const LARGEST_BLOCK_ID = 7;
/** Matches are at least this long; the token says by how much longer. */
const SHORTEST_MATCH = 4;

/** What the frame cannot exceed: exact, or else not above `enough`. -1 for what is no frame. */
export function lz4Bound(bytes: Buffer, enough: number): number {
  const coarse = addBlocks(bytes, coarseSize);
  return coarse <= enough ? coarse : addBlocks(bytes, exactSize);
}

type BlockSize = (bytes: Buffer, start: number, end: number, largest: number) => number;

function addBlocks(bytes: Buffer, sizeOf: BlockSize): number {
  if (bytes.length < MAGIC_BYTES + DESCRIPTOR_BYTES || bytes.readUInt32LE(0) !== FRAME_MAGIC) return -1;
  const flags = bytes[MAGIC_BYTES]!;
  const blockId = (bytes[MAGIC_BYTES + 1]! >> 4) & 7;
  if ((flags & VERSION_BITS) !== VERSION_1 || blockId < SMALLEST_BLOCK_ID || blockId > LARGEST_BLOCK_ID)
    return -1;
  // 64 KiB, 256 KiB, 1 MiB or 4 MiB.
  const largest = 1 << (8 + 2 * blockId);
  const trailer = (flags & BLOCK_CHECKSUMS) !== 0 ? CHECKSUM_BYTES : 0;
  let at = MAGIC_BYTES + DESCRIPTOR_BYTES;
  if ((flags & CONTENT_SIZE) !== 0) at += 8;
  if ((flags & DICTIONARY_ID) !== 0) at += 4;
  let total = 0;
  while (at + 4 <= bytes.length) {
    const word = bytes.readUInt32LE(at);
    at += 4;
    // A frame ends with an empty block. A second frame behind it would be decompressed, though nobody has measured it.
    if (word === 0)
      return at + ((flags & CONTENT_CHECKSUM) !== 0 ? CHECKSUM_BYTES : 0) === bytes.length ? total : -1;
    const isPlain = word >= UNCOMPRESSED_BLOCK;
    const size = isPlain ? word - UNCOMPRESSED_BLOCK : word;
    if (size > largest || size > bytes.length - at) return -1;
    total += isPlain ? size : sizeOf(bytes, at, at + size, largest);
    at += size + trailer;
  }
  return -1;
}

function coarseSize(_bytes: Buffer, _start: number, _end: number, largest: number): number {
  return largest;
}

/** Adds up literals and matches of a block (lz4/doc/lz4_Block_format.md) without copying any. */
function exactSize(bytes: Buffer, start: number, end: number, largest: number): number {
  let total = 0;
  let at = start;
  while (at < end && total <= largest) {
    const token = bytes[at++]!;
    let literals = token >>> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255 && at < end) literals += more = bytes[at++]!;
    }
    total += literals;
    at += literals;
    // The last sequence has literals only.
    if (at >= end) break;
    at += 2;
    let match = (token & 15) + SHORTEST_MATCH;
    if ((token & 15) === 15) {
      let more = 255;
      while (more === 255 && at < end) match += more = bytes[at++]!;
    }
    total += match;
  }
  return Math.min(total, largest);
}
