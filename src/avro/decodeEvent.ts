import avsc, { type Schema, type Type } from 'avsc';
import { TidemarkError } from '../errors.ts';
import { FRAME_BYTES, schemaIdOf } from './framing.ts';
import type { AvroNode } from './schema.ts';
import { bareSchemaJson } from './schemaJson.ts';
import { Skips } from './skipCode.ts';
import * as wire from './wire.ts';

/** Decodes framed events of one schema into plain JSON values, for people and tools. Slow and allocating, but as bounded as reading. */
export class EventDecoder {
  readonly #type: Type;
  readonly #skip: (b: Uint8Array, p: number, end: number, depth: number) => number;

  /** @throws TidemarkError E-SCHEMA-UNUSABLE when avsc does not take the schema. */
  constructor(schema: AvroNode) {
    try {
      this.#type = avsc.Type.forSchema(bareSchemaJson(schema) as Schema, { registry: { long: SAFE_LONG } });
      this.#skip = new Skips().skipOf(schema);
    } catch (cause) {
      throw new TidemarkError('E-SCHEMA-UNUSABLE', `not a schema to decode with: ${String(cause)}`, {
        cause,
      });
    }
  }

  /**
   * The event as JSON: longs beyond 2^53 in digits, bytes and fixed in hexadecimal, NaN and infinities as
   * text. A map's entry named __proto__ is lost.
   * @throws TidemarkError E-AVRO-* when the bytes are no event of the schema.
   */
  decode(bytes: Uint8Array): unknown {
    if (schemaIdOf(bytes, 0, bytes.length) < 0) {
      throw new TidemarkError('E-AVRO-FRAME', 'the value does not begin with a zero byte and a schema id');
    }
    // avsc checks bounds only at the end: a few hostile bytes could keep it busy for seconds.
    wire.resetZeroSizeItems();
    const end = this.#skip(bytes, FRAME_BYTES, bytes.length, 0);
    if (end !== bytes.length) throw new TidemarkError(codeOf(end), 'the bytes are no event of the schema');
    return plain(this.#type.fromBuffer(Buffer.from(bytes.subarray(FRAME_BYTES))));
  }
}

function codeOf(end: number) {
  switch (end) {
    case -wire.TRUNCATED:
      return 'E-AVRO-TRUNCATED';
    case -wire.LIMIT:
      return 'E-AVRO-LIMIT';
    case -wire.INVALID:
      return 'E-AVRO-INVALID';
    default:
      return 'E-AVRO-TRAILING';
  }
}

/** avsc refuses longs beyond 2^53 unless it is told how to hold them, by a type that it takes for a long without attributes. */
const SAFE_LONG = avsc.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => {
    const value = buffer.readBigInt64LE();
    return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value))
      ? Number(value)
      : String(value);
  },
  toBuffer: (value: number | string) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(BigInt(value));
    return buffer;
  },
  fromJSON: (value: number) => value,
  toJSON: (value: number) => value,
  isValid: (value: unknown) =>
    Number.isInteger(value) || (typeof value === 'string' && /^-?[0-9]+$/.test(value)),
  compare: (a: number, b: number) => Number(a) - Number(b),
});

function plain(value: unknown): unknown {
  // Not instanceof: avsc makes the value of a map's key __proto__ the prototype of the map.
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex');
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
