/** Confluent framing: a zero byte, the schema id as four bytes big-endian, then the Avro body. */
export const FRAME_BYTES = 5;

/** The schema id of the framed value `bytes[start, end)`, or -1 when it is not framed (E-AVRO-FRAME). */
export function schemaIdOf(bytes: Uint8Array, start: number, end: number): number {
  if (start < 0 || end > bytes.length || end - start < FRAME_BYTES || bytes[start] !== 0) return -1;
  const id =
    (bytes[start + 1]! << 24) | (bytes[start + 2]! << 16) | (bytes[start + 3]! << 8) | bytes[start + 4]!;
  return id >>> 0;
}

/** The five bytes that go before the Avro body of a value of schema `schemaId`. */
export function frameOf(schemaId: number): Uint8Array {
  return Uint8Array.of(0, schemaId >>> 24, schemaId >>> 16, schemaId >>> 8, schemaId);
}
