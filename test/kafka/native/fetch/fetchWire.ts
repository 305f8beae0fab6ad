/** The broker's side of Fetch: reads requests and writes responses. */
import { Writer } from '@platformatic/kafka';
import type { Address } from '../../../../src/kafka/native/cluster/opening.ts';
import type { AbortedTransaction } from '../../../../src/kafka/native/fetch/aborted.ts';
import type { FetchTarget, SessionRequest } from '../../../../src/kafka/native/fetch/session.ts';
import { WireCursor } from '../../../../src/kafka/native/wire/cursor.ts';

export interface ReadQuestion {
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly readCommitted: boolean;
  readonly session: SessionRequest;
  /** 16 bytes, or the name. */
  readonly topic: string;
}

export function readQuestion(body: Buffer, version: number): ReadQuestion {
  const cursor = new WireCursor(body);
  if (version < 15) cursor.int32();
  const maxWaitMs = cursor.int32();
  cursor.int32();
  const maxBytes = cursor.int32();
  const readCommitted = cursor.int8() === 1;
  const sessionId = cursor.int32();
  const sessionEpoch = cursor.int32();
  let topic = '';
  const readTopic = () => {
    topic = version >= 13 ? body.toString('hex', cursor.position, cursor.position + 16) : '';
    if (version >= 13) cursor.skip(16);
    else topic = cursor.compactString()!;
  };
  const asked: [number, FetchTarget][] = [];
  for (let topics = cursor.arrayLength(); topics > 0; topics--) {
    readTopic();
    for (let left = cursor.arrayLength(); left > 0; left--) {
      const partition = cursor.int32();
      const leaderEpoch = cursor.int32();
      const offset = cursor.int64();
      const lastFetchedEpoch = cursor.int32();
      cursor.int64();
      asked.push([partition, { offset, leaderEpoch, lastFetchedEpoch, maxBytes: cursor.int32() }]);
      cursor.skipTags();
    }
    cursor.skipTags();
  }
  const forgotten: number[] = [];
  for (let topics = cursor.arrayLength(); topics > 0; topics--) {
    readTopic();
    for (let left = cursor.arrayLength(); left > 0; left--) forgotten.push(cursor.int32());
    cursor.skipTags();
  }
  return {
    maxWaitMs,
    maxBytes,
    readCommitted,
    topic,
    session: { sessionId, sessionEpoch, asked, forgotten },
  };
}

export interface AnsweredPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly aborted?: readonly AbortedTransaction[];
  readonly preferredReplica?: number;
  readonly records?: Buffer;
  readonly diverging?: { readonly epoch: number; readonly endOffset: number };
  readonly leader?: { readonly nodeId: number; readonly leaderEpoch: number };
}

export interface Answer {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly sessionId: number;
  readonly partitions: readonly AnsweredPartition[];
  readonly addresses?: ReadonlyMap<number, Address>;
}

export function encodeAnswer(version: number, topic: string, topicId: Buffer, answer: Answer): Buffer {
  const { throttleTimeMs, errorCode, sessionId, partitions, addresses = new Map() } = answer;
  const writer = Writer.create().appendInt32(throttleTimeMs).appendInt16(errorCode).appendInt32(sessionId);
  writer.appendUnsignedVarInt(partitions.length === 0 ? 1 : 2);
  if (partitions.length > 0) {
    if (version >= 13) writer.append(topicId);
    else writer.appendString(topic);
    writer.appendUnsignedVarInt(partitions.length + 1);
    for (const partition of partitions) writePartition(writer, partition);
    writer.appendTaggedFields();
  }
  const endpoints = Writer.create().appendUnsignedVarInt(addresses.size + 1);
  for (const [nodeId, { host, port }] of addresses) {
    endpoints
      .appendInt32(nodeId)
      .appendString(host)
      .appendInt32(port)
      .appendString(null)
      .appendTaggedFields();
  }
  writeTags(writer, addresses.size === 0 ? [] : [[0, endpoints.buffer]]);
  return Buffer.from(writer.buffer);
}

function writePartition(writer: Writer, partition: AnsweredPartition): void {
  const { aborted = [], preferredReplica = -1, records, diverging, leader } = partition;
  writer
    .appendInt32(partition.partition)
    .appendInt16(partition.errorCode)
    .appendInt64(BigInt(partition.highWatermark))
    .appendInt64(BigInt(partition.highWatermark))
    .appendInt64(0n)
    .appendUnsignedVarInt(aborted.length === 0 ? 0 : aborted.length + 1);
  for (const { producerId, firstOffset } of aborted)
    writer.appendInt64(BigInt(producerId)).appendInt64(BigInt(firstOffset)).appendTaggedFields();
  writer.appendInt32(preferredReplica).appendUnsignedVarInt((records?.length ?? 0) + 1);
  if (records !== undefined && records.length > 0) writer.append(records);
  const tags: [number, Buffer][] = [];
  if (diverging !== undefined) {
    const { epoch, endOffset } = diverging;
    tags.push([
      0,
      Writer.create().appendInt32(epoch).appendInt64(BigInt(endOffset)).appendTaggedFields().buffer,
    ]);
  }
  if (leader !== undefined) {
    const { nodeId, leaderEpoch } = leader;
    tags.push([1, Writer.create().appendInt32(nodeId).appendInt32(leaderEpoch).appendTaggedFields().buffer]);
  }
  writeTags(writer, tags);
}

function writeTags(writer: Writer, tags: readonly (readonly [number, Buffer])[]): void {
  writer.appendUnsignedVarInt(tags.length);
  for (const [tag, bytes] of tags)
    writer.appendUnsignedVarInt(tag).appendUnsignedVarInt(bytes.length).append(Buffer.from(bytes));
}
