/**
 * Produce, versions 9 to 11. Version 9 has compact fields (KIP-482) and record errors (KIP-467, from 8); 10 names the leader
 * that a partition moved to (KIP-951); 11 changes only what errors mean to transactions (KIP-890). Version 12 would let the
 * broker add partitions to a transaction by itself, and 13 has topic ids.
 */

import type { WireRequest } from '../cluster/brokerLink.ts';
import type { Address } from '../cluster/opening.ts';
import type { PartitionLeader } from '../cluster/topicView.ts';
import { WireCursor } from '../wire/cursor.ts';

export const PRODUCE = 0;
export const PRODUCE_VERSIONS = { min: 9, max: 11 } as const;
const ALL_REPLICAS = -1;

/** One record batch for one partition; at most one of each partition in a request (the broker takes no more). */
export interface PartitionBatch {
  readonly partition: number;
  readonly bytes: Buffer;
}

export interface ProduceRequest {
  readonly version: number;
  /** How long the broker waits for replicas. */
  readonly ackTimeoutMs: number;
  readonly topics: ReadonlyMap<string, readonly PartitionBatch[]>;
}

export interface RecordError {
  /** Counts from the first record of the batch. */
  readonly index: number;
  readonly message: string | null;
}

export interface PartitionAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** -1 with most errors. */
  readonly baseOffset: number;
  readonly recordErrors: readonly RecordError[];
  readonly message: string | null;
  /** The leader as of now, when it is another one than was asked. */
  readonly leader: PartitionLeader | undefined;
}

export interface ProduceAnswer {
  readonly partitions: readonly PartitionAnswer[];
  readonly throttleMs: number;
  /** Addresses of the leaders that were named, by node id. */
  readonly endpoints: ReadonlyMap<number, Address>;
}

type Writer = Parameters<WireRequest<unknown>['write']>[0];

/** Batches go into the request as they are: nothing of them is looked at. */
export function produceRequest({
  version,
  ackTimeoutMs,
  topics,
}: ProduceRequest): WireRequest<ProduceAnswer> {
  return {
    apiKey: PRODUCE,
    version,
    write: (writer) => writeRequest(writer, ackTimeoutMs, topics),
    read: (body) => readAnswer(body, version),
  };
}

function writeRequest(writer: Writer, ackTimeoutMs: number, topics: ProduceRequest['topics']): void {
  // No transactional id.
  writer.appendString(null).appendInt16(ALL_REPLICAS).appendInt32(ackTimeoutMs);
  writer.appendUnsignedVarInt(topics.size + 1);
  for (const [name, batches] of topics) {
    writer.appendString(name).appendUnsignedVarInt(batches.length + 1);
    for (const { partition, bytes } of batches) {
      writer
        .appendInt32(partition)
        .appendUnsignedVarInt(bytes.length + 1)
        .append(bytes)
        .appendTaggedFields();
    }
    writer.appendTaggedFields();
  }
  writer.appendTaggedFields();
}

const NO_RECORD_ERRORS: readonly RecordError[] = [];
const CURRENT_LEADER = 0;
const NODE_ENDPOINTS = 0;

/** Throws WireError when the bytes are not a response of this version. */
function readAnswer(body: Buffer, version: number): ProduceAnswer {
  const cursor = new WireCursor(body);
  const partitions: PartitionAnswer[] = [];
  for (let topics = cursor.arrayLength(); topics > 0; topics--) {
    const topic = cursor.compactString() ?? '';
    for (let count = cursor.arrayLength(); count > 0; count--)
      partitions.push(readPartition(cursor, topic, version));
    cursor.skipTags();
  }
  const throttleMs = cursor.int32();
  const endpoints = new Map<number, Address>();
  cursor.tags((tag) => {
    if (version >= 10 && tag === NODE_ENDPOINTS) readEndpoints(cursor, endpoints);
  });
  return { partitions, throttleMs, endpoints };
}

function readPartition(cursor: WireCursor, topic: string, version: number): PartitionAnswer {
  const partition = cursor.int32();
  const errorCode = cursor.int16();
  const baseOffset = cursor.int64();
  // Log append time and log start offset.
  cursor.skip(16);
  const recordErrors = readRecordErrors(cursor);
  const message = cursor.compactString();
  let leader: PartitionLeader | undefined;
  cursor.tags((tag) => {
    if (version < 10 || tag !== CURRENT_LEADER) return;
    const nodeId = cursor.int32();
    const leaderEpoch = cursor.int32();
    cursor.skipTags();
    if (nodeId >= 0) leader = { nodeId, leaderEpoch };
  });
  return { topic, partition, errorCode, baseOffset, recordErrors, message, leader };
}

function readRecordErrors(cursor: WireCursor): readonly RecordError[] {
  const count = cursor.arrayLength();
  if (count <= 0) return NO_RECORD_ERRORS;
  const errors: RecordError[] = [];
  for (let i = 0; i < count; i++) {
    errors.push({ index: cursor.int32(), message: cursor.compactString() });
    cursor.skipTags();
  }
  return errors;
}

function readEndpoints(cursor: WireCursor, endpoints: Map<number, Address>): void {
  for (let count = cursor.arrayLength(); count > 0; count--) {
    const nodeId = cursor.int32();
    const host = cursor.compactString() ?? '';
    const port = cursor.int32();
    // Rack.
    cursor.compactString();
    cursor.skipTags();
    endpoints.set(nodeId, { host, port });
  }
}
