/** The broker's side of Produce: reads requests and writes responses by the words of the protocol. */
import { Writer } from '@platformatic/kafka';
import type { PartitionLeader } from '../../../../src/kafka/native/cluster/topicView.ts';
import { WireCursor } from '../../../../src/kafka/native/wire/cursor.ts';
import { readPlain } from '../wire/plain.ts';

export const TOPIC = 'scores';

export interface AskedPartition {
  readonly partition: number;
  readonly producerId: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly records: readonly number[];
  readonly bytes: string;
}

export interface ToldPartition {
  readonly partition: number;
  readonly error: number;
  readonly baseOffset: number;
  readonly recordErrors?: readonly { readonly index: number; readonly message: string | null }[];
  readonly message?: string;
  readonly leader?: PartitionLeader;
}

export function readRequest(body: Buffer): AskedPartition[] {
  const cursor = new WireCursor(body);
  if (cursor.compactString() !== null || cursor.int16() !== -1) throw new Error('not idempotent');
  cursor.int32();
  const partitions: AskedPartition[] = [];
  for (let topics = cursor.arrayLength(); topics > 0; topics--) {
    if (cursor.compactString() !== TOPIC) throw new Error('another topic');
    for (let count = cursor.arrayLength(); count > 0; count--) {
      const partition = cursor.int32();
      const { start, end } = cursor.compactBytes()!;
      const bytes = body.subarray(start, end);
      const [batch, ...others] = readPlain(bytes);
      if (batch === undefined || others.length > 0) throw new Error('not one batch');
      partitions.push({
        partition,
        producerId: batch.producerId,
        epoch: batch.producerEpoch,
        sequence: batch.baseSequence,
        records: batch.records.map(({ value }) => Number(Buffer.from(value!).toString())),
        bytes: bytes.toString('base64'),
      });
      cursor.skipTags();
    }
    cursor.skipTags();
  }
  cursor.skipTags();
  if (cursor.remaining > 0) throw new Error('the request goes on');
  return partitions;
}

export function answerBytes(version: number, told: readonly ToldPartition[], throttleMs: number): Buffer {
  const writer = Writer.create();
  writer.appendArray([TOPIC], (w, topic) => {
    w.appendString(topic).appendArray([...told], (p, one) => writePartition(p, version, one), true, false);
  });
  writer.appendInt32(throttleMs);
  const leaders = told.flatMap(({ leader }) => leader ?? []);
  if (version < 10 || leaders.length === 0) return Buffer.from(writer.appendTaggedFields().buffer);
  const endpoints = Writer.create().appendArray(leaders, (w, { nodeId }) => {
    w.appendInt32(nodeId).appendString(`broker-${nodeId}`).appendInt32(9092).appendString(null);
  });
  writer.appendUnsignedVarInt(1).appendUnsignedVarInt(0).appendUnsignedVarInt(endpoints.length);
  return Buffer.from(writer.appendFrom(endpoints).buffer);
}

function writePartition(writer: Writer, version: number, told: ToldPartition): void {
  const { partition, error, baseOffset, recordErrors = [], message = null, leader } = told;
  writer.appendInt32(partition).appendInt16(error).appendInt64(BigInt(baseOffset));
  writer.appendInt64(-1n).appendInt64(0n);
  writer.appendArray([...recordErrors], (w, one) => {
    w.appendInt32(one.index).appendString(one.message);
  });
  writer.appendString(message);
  if (version < 10 || leader === undefined) {
    writer.appendTaggedFields();
    return;
  }
  writer.appendUnsignedVarInt(1).appendUnsignedVarInt(0).appendUnsignedVarInt(9);
  writer.appendInt32(leader.nodeId).appendInt32(leader.leaderEpoch).appendTaggedFields();
}
