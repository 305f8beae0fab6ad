/**
 * Kafka's 64-bit integers as numbers, without a BigInt for each: offsets, producer ids and timestamps stay far below 2^53 in
 * practice. Beyond it reading rounds to the nearest number, and `isExact` tells.
 */
const TWO_TO_32 = 0x1_0000_0000;

/** The caller has made sure that eight bytes are there. */
export function readInt64(bytes: Uint8Array, at: number): number {
  const high = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  const low = (bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!;
  return high * TWO_TO_32 + (low >>> 0);
}

export function writeInt64(bytes: Buffer, at: number, value: number): void {
  const high = Math.floor(value / TWO_TO_32);
  bytes.writeInt32BE(high, at);
  bytes.writeUInt32BE(value - high * TWO_TO_32, at + 4);
}

/** Whether the number is the integer that was read, and not the nearest one that fits. */
export function isExact(value: number): boolean {
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER;
}
