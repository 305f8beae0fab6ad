import { readFileSync } from 'node:fs';
import avro from 'avsc';
import type { Transaction } from './transaction.ts';

const FRAME_BYTES = 5;

/** The text of schemas/transaction.avsc, as it is registered. */
export const transactionSchema = readFileSync(
  new URL('../../schemas/transaction.avsc', import.meta.url),
  'utf8',
);

const transactionType = avro.Type.forSchema(JSON.parse(transactionSchema));

/** Gives a function that encodes payments in Confluent framing: a zero byte, the schema id, the Avro body. */
export function transactionEncoder(schemaId: number): (transaction: Transaction) => Buffer {
  let scratch = Buffer.alloc(1024);
  return (transaction) => {
    let end = transactionType.encode(transaction, scratch, FRAME_BYTES);
    if (end < 0) {
      // avsc says by a negative position how many bytes were too few.
      scratch = Buffer.alloc(2 * (scratch.length - end));
      end = transactionType.encode(transaction, scratch, FRAME_BYTES);
    }
    scratch.writeUInt8(0, 0);
    scratch.writeInt32BE(schemaId, 1);
    return Buffer.from(scratch.subarray(0, end));
  };
}
