/**
 * The checksum of a record batch: CRC-32C (Castagnoli), in which KIP-98 differs from the CRC-32 of older formats, because
 * processors compute it by an instruction of their own. It covers everything from the attributes to the end of the batch, so
 * that a broker may set base offset and leader epoch, which lie before, without computing it anew.
 */
import { crc32c as ofBytes } from '@node-rs/crc32';

export function crc32c(bytes: Uint8Array, start: number, end: number): number {
  return ofBytes(bytes.subarray(start, end));
}
