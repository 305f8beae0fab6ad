import type { Message } from 'kafkajs';
import { bodyOf, maxTimestampOf } from '../recordRange.ts';
import type { EncodedRecords } from '../records.ts';

/** As kafkajs's own encoder, to whom it is given. */
interface Encoding {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}

/** Enough digits for any timestamp: kafkajs sorts timestamps as text. */
const TIMESTAMP_DIGITS = 16;
const SAMPLE: Message = { key: null, value: null, timestamp: '0', headers: {} };

/**
 * Records `[from, to)` as the messages of a send that are encoded already. kafkajs would make a buffer of 512 bytes for every
 * record and for every header, which is more than half of what scoring an event takes, and group the messages in quadratic time.
 *
 * Of the messages of a send it asks four things, and these are the answers: whether one has no value (`find`), which go to
 * which partition (`reduce`: all to this one), their timestamps, and the encoding of each (`map`). The encodings are an array of
 * the right length with all bytes in its first element and holes behind it, which is what kafkajs writes and counts. A test
 * compares the request with the one that kafkajs makes of plain messages.
 */
export function encodedMessages(records: EncodedRecords, from: number, to: number): Message[] {
  const body = bodyOf(records, from, to);
  const timestamps = [records.baseTimestamp, maxTimestampOf(records, from, to)].map(sortable);
  const encodings: Encoding[] = new Array(to - from);
  encodings[0] = { buf: body, buffer: body };
  const messages = {
    length: to - from,
    find: () => undefined,
    reduce: () => ({ [records.partition]: messages }),
    map: (take: (message: Message, index: number) => unknown) =>
      typeof take(SAMPLE, 0) === 'string' ? timestamps : encodings,
  };
  return messages as unknown as Message[];
}

function sortable(timestamp: number): string {
  return timestamp < 0 ? String(timestamp) : String(timestamp).padStart(TIMESTAMP_DIGITS, '0');
}
