/**
 * Fetch, versions 12 (Kafka 2.7) to 17, for one topic. Version 13 names topics by id (KIP-516), so that a topic deleted and made
 * anew is never taken for the old one; 15 moves the replica id, which consumers never set, into a tag (KIP-903); 16 adds the
 * addresses of new leaders (KIP-951); 17 is about replicas alone.
 *
 * Nothing is copied: where each partition's records lie in the response is told by positions.
 */
import type { Writer } from '@platformatic/kafka';
import type { WireRequest } from '../cluster/brokerLink.ts';
import type { Address } from '../cluster/opening.ts';
import { WireCursor } from '../wire/cursor.ts';
import { writeInt64 } from '../wire/int64.ts';
import type { AbortedTransaction } from './aborted.ts';
import type { SessionRequest } from './session.ts';

export const FETCH = 1;
export const MIN_FETCH_VERSION = 12;
export const MAX_FETCH_VERSION = 17;
const FIRST_VERSION_WITH_TOPIC_IDS = 13;
const FIRST_VERSION_WITHOUT_REPLICA_ID = 15;

/** Whether sessions of this version remember topics by id: a session does not outlive a change of that. */
export function usesTopicIds(version: number): boolean {
  return version >= FIRST_VERSION_WITH_TOPIC_IDS;
}

export interface FetchQuestion {
  readonly topic: string;
  /** 16 bytes. */
  readonly topicId: Buffer;
  readonly session: SessionRequest;
  /** How long the broker may wait for `minBytes`. */
  readonly maxWaitMs: number;
  readonly minBytes: number;
  /** Of all records together; a first batch that is larger comes whole (KIP-74). */
  readonly maxBytes: number;
  readonly readCommitted: boolean;
}

export interface FetchAnswer {
  /** The response: records lie in it. */
  readonly bytes: Buffer;
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly sessionId: number;
  /** In a session those alone that have something new. */
  readonly partitions: readonly FetchedPartition[];
  /** Where the leaders named in it are (KIP-951). */
  readonly addresses: ReadonlyMap<number, Address>;
}

export interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  /** -1 with an error. */
  readonly highWatermark: number;
  readonly aborted: readonly AbortedTransaction[];
  /** The follower that the leader wants this to be read from, instead of giving records itself; else -1 (KIP-392). */
  readonly preferredReplica: number;
  /** The records are `bytes[recordsStart, recordsEnd)`. */
  readonly recordsStart: number;
  readonly recordsEnd: number;
  /** The log is not the one that was read: its last epoch up to `lastFetchedEpoch`, and where that ends (KIP-595). */
  readonly diverging: { readonly epoch: number; readonly endOffset: number } | undefined;
  /** Who leads the partition, told by who does not (KIP-951). */
  readonly leader: { readonly nodeId: number; readonly leaderEpoch: number } | undefined;
}

/** Reading throws WireError, or E-KAFKA-OFFSET. */
export function fetchRequest(version: number, question: FetchQuestion): WireRequest<FetchAnswer> {
  return {
    apiKey: FETCH,
    version,
    write: (writer) => writeFetch(writer, version, question),
    read: (body) => readFetch(body, version, question),
  };
}

const NO_REPLICA = -1;
const READ_COMMITTED = 1;
/** partition, leader epoch, offset, last fetched epoch, log start offset, max bytes, tags. */
const ASKED_BYTES = 4 + 4 + 8 + 4 + 8 + 4 + 1;

function writeFetch(writer: Writer, version: number, question: FetchQuestion): void {
  const { asked, forgotten, sessionId, sessionEpoch } = question.session;
  if (version < FIRST_VERSION_WITHOUT_REPLICA_ID) writer.appendInt32(NO_REPLICA);
  writer
    .appendInt32(question.maxWaitMs)
    .appendInt32(question.minBytes)
    .appendInt32(question.maxBytes)
    .appendInt8(question.readCommitted ? READ_COMMITTED : 0)
    .appendInt32(sessionId)
    .appendInt32(sessionEpoch);
  if (writeTopic(writer, version, question, asked.length)) {
    writer.append(encodeAsked(asked)).appendTaggedFields();
  }
  if (writeTopic(writer, version, question, forgotten.length)) {
    const partitions = Buffer.allocUnsafe(forgotten.length * 4);
    for (let i = 0; i < forgotten.length; i++) partitions.writeInt32BE(forgotten[i]!, i * 4);
    writer.append(partitions).appendTaggedFields();
  }
  // The rack, by which Kafka's own selector names a nearer replica (KIP-392); nobody has told us one.
  writer.appendString('').appendTaggedFields();
}

/** An array of one topic up to its partitions, or of none. @returns whether partitions are to follow. */
function writeTopic(writer: Writer, version: number, question: FetchQuestion, partitions: number): boolean {
  writer.appendUnsignedVarInt(partitions === 0 ? 1 : 2);
  if (partitions === 0) return false;
  if (usesTopicIds(version)) writer.append(question.topicId);
  else writer.appendString(question.topic);
  writer.appendUnsignedVarInt(partitions + 1);
  return true;
}

/** One buffer for all: the library's writer makes one for each number. */
function encodeAsked(asked: SessionRequest['asked']): Buffer {
  const bytes = Buffer.allocUnsafe(asked.length * ASKED_BYTES);
  let at = 0;
  for (const [partition, target] of asked) {
    bytes.writeInt32BE(partition, at);
    bytes.writeInt32BE(target.leaderEpoch, at + 4);
    writeInt64(bytes, at + 8, target.offset);
    bytes.writeInt32BE(target.lastFetchedEpoch, at + 16);
    // The follower's log start offset, which consumers do not have.
    writeInt64(bytes, at + 20, -1);
    bytes.writeInt32BE(target.maxBytes, at + 28);
    bytes[at + 32] = 0;
    at += ASKED_BYTES;
  }
  return bytes;
}

function readFetch(bytes: Buffer, version: number, question: FetchQuestion): FetchAnswer {
  const cursor = new WireCursor(bytes);
  const throttleTimeMs = cursor.int32();
  const errorCode = cursor.int16();
  const sessionId = cursor.int32();
  const partitions: FetchedPartition[] = [];
  for (let topics = cursor.arrayLength(); topics > 0; topics--) {
    const ours = readTopic(cursor, version, question);
    for (let left = cursor.arrayLength(); left > 0; left--) {
      const partition = readPartition(cursor);
      if (ours) partitions.push(partition);
    }
    cursor.skipTags();
  }
  let addresses = NO_ADDRESSES;
  cursor.tags((tag) => {
    if (tag === NODE_ENDPOINTS_TAG) addresses = readAddresses(cursor);
  });
  return { bytes, throttleTimeMs, errorCode, sessionId, partitions, addresses };
}

const NODE_ENDPOINTS_TAG = 0;
const NO_ADDRESSES: ReadonlyMap<number, Address> = new Map();

function readAddresses(cursor: WireCursor): ReadonlyMap<number, Address> {
  const addresses = new Map<number, Address>();
  for (let left = cursor.arrayLength(); left > 0; left--) {
    const nodeId = cursor.int32();
    addresses.set(nodeId, { host: cursor.compactString() ?? '', port: cursor.int32() });
    // The rack.
    cursor.compactString();
    cursor.skipTags();
  }
  return addresses;
}

/** @returns whether it is the topic that was asked for. */
function readTopic(cursor: WireCursor, version: number, { topic, topicId }: FetchQuestion): boolean {
  if (!usesTopicIds(version)) return cursor.compactString() === topic;
  const start = cursor.position;
  cursor.skip(topicId.length);
  return cursor.bytes.compare(topicId, 0, topicId.length, start, cursor.position) === 0;
}

const NO_TRANSACTIONS: readonly AbortedTransaction[] = [];
const DIVERGING_EPOCH_TAG = 0;
const CURRENT_LEADER_TAG = 1;

function readPartition(cursor: WireCursor): FetchedPartition {
  const partition = cursor.int32();
  const errorCode = cursor.int16();
  const highWatermark = cursor.int64();
  // The last stable offset and the log start offset.
  cursor.skip(16);
  const aborted = readAborted(cursor);
  const preferredReplica = cursor.int32();
  const records = cursor.compactBytes();
  let diverging: FetchedPartition['diverging'];
  let leader: FetchedPartition['leader'];
  cursor.tags((tag) => {
    if (tag === DIVERGING_EPOCH_TAG) diverging = { epoch: cursor.int32(), endOffset: cursor.int64() };
    else if (tag === CURRENT_LEADER_TAG) leader = { nodeId: cursor.int32(), leaderEpoch: cursor.int32() };
  });
  return {
    partition,
    errorCode,
    highWatermark,
    aborted,
    preferredReplica,
    recordsStart: records?.start ?? 0,
    recordsEnd: records?.end ?? 0,
    diverging,
    leader,
  };
}

function readAborted(cursor: WireCursor): readonly AbortedTransaction[] {
  const count = cursor.arrayLength();
  if (count <= 0) return NO_TRANSACTIONS;
  const aborted: AbortedTransaction[] = [];
  for (let left = count; left > 0; left--) {
    aborted.push({ producerId: cursor.int64(), firstOffset: cursor.int64() });
    cursor.skipTags();
  }
  return aborted;
}
