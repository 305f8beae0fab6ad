import { readFileSync } from 'node:fs';
import avro from 'avsc';
import type { Transaction } from './transaction.ts';

const FRAME_BYTES = 5;

/** The text of schemas/transaction.avsc, as it is registered. */
export const transactionSchema = readFileSync(
  new URL('../../schemas/transaction.avsc', import.meta.url),
  'utf8',
);

/** Gives a function that encodes payments in Confluent framing. */
export function transactionEncoder(schemaId: number): (transaction: Transaction) => Buffer {
  return framedEncoder(transactionSchema, schemaId);
}

/** Gives a function that encodes values of a schema in Confluent framing: a zero byte, the schema id, the Avro body. */
export function framedEncoder(schema: string, schemaId: number): (value: object) => Buffer {
  const type = avro.Type.forSchema(JSON.parse(schema));
  let scratch = Buffer.alloc(1024);
  return (value) => {
    let end = type.encode(value, scratch, FRAME_BYTES);
    if (end < 0) {
      // avsc says by a negative position how many bytes were too few.
      scratch = Buffer.alloc(2 * (scratch.length - end));
      end = type.encode(value, scratch, FRAME_BYTES);
    }
    scratch.writeUInt8(0, 0);
    scratch.writeInt32BE(schemaId, 1);
    return Buffer.from(scratch.subarray(0, end));
  };
}
