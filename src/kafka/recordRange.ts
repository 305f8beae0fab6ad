import type { EncodedRecords } from './records.ts';
import { sizeOfVarint, writeVarint } from './varint.ts';

/**
 * Records `[from, to)` of a buffer as the body of a record batch of their own, whose base timestamp is the buffer's. A view of
 * the buffer where that serves: only records that do not begin it have to be numbered anew.
 */
export function bodyOf(records: EncodedRecords, from: number, to: number): Buffer {
  const { bytes, starts } = records;
  const start = starts[from]!;
  const end = starts[to]!;
  if (from === 0) return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  // Numbers get smaller, so no record grows.
  const body = Buffer.allocUnsafeSlow(end - start);
  let at = 0;
  for (let i = from; i < to; i++) at = renumber(records, i, i - from, body, at);
  return body.subarray(0, at);
}

/** The latest timestamp among records `[from, to)`, epoch milliseconds. */
export function maxTimestampOf({ timestamps }: EncodedRecords, from: number, to: number): number {
  let latest = timestamps[from]!;
  for (let i = from + 1; i < to; i++) if (timestamps[i]! > latest) latest = timestamps[i]!;
  return latest;
}

/** Copies one record (length, attributes, timestamp delta, offset delta, the rest) with another offset delta. */
function renumber(
  { bytes, starts }: EncodedRecords,
  index: number,
  offsetDelta: number,
  to: Uint8Array,
  at: number,
) {
  const body = afterVarint(bytes, starts[index]!);
  const oldDelta = afterVarint(bytes, body + 1);
  const rest = afterVarint(bytes, oldDelta);
  const end = starts[index + 1]!;
  const head = bytes.subarray(body, oldDelta);
  const length = head.length + sizeOfVarint(offsetDelta) + (end - rest);
  let next = writeVarint(to, at, length);
  to.set(head, next);
  next = writeVarint(to, next + head.length, offsetDelta);
  to.set(bytes.subarray(rest, end), next);
  return next + (end - rest);
}

function afterVarint(bytes: Uint8Array, position: number): number {
  let at = position;
  while (bytes[at]! >= 0x80) at++;
  return at + 1;
}
