/**
 * The suite that any client behind Source and Sink must pass against a real broker, over the capabilities that it declares:
 * what it does not declare must be refused in a clear sentence. A client's integration test calls `conformance` and nothing
 * else. What clients need not keep is left out: the order among headers of different names when one of them repeats, and the
 * difference between a null and an empty header value.
 */
import type { KafkaConnection } from '../../src/kafka/connection.ts';
import type { ClientCapabilities, Compression, Sink, SinkEvents, Source } from '../../src/pipeline/ports.ts';
import { capabilityConformance } from './capabilities.ts';
import { groupConformance } from './group.ts';
import { leaseConformance } from './leases.ts';
import { positionConformance } from './positions.ts';
import { readingConformance } from './reading.ts';
import { seekConformance } from './seeking.ts';
import { sendingConformance } from './sending.ts';
import { transactionConformance } from './transactions.ts';
import { writingConformance } from './writing.ts';

export interface SourceRequest {
  readonly topic: string;
  readonly group: string;
  /** Asked of clients with static membership alone. */
  readonly instanceId?: string;
  readonly start?: 'earliest' | 'latest' | { readonly timestampMs: number };
  readonly outOfRange?: 'stop' | 'earliest' | 'latest';
  readonly readUncommitted?: boolean;
  readonly sessionTimeoutMs?: number;
  readonly drainTimeoutMs?: number;
  readonly maxBytesPerPartition?: number;
  readonly maxBlockRecords?: number;
  /** Bytes fetched and not released, of clients that fetch ahead; the others have one block of a partition out. */
  readonly maxBufferedBytes?: number;
}

export interface SinkRequest {
  /** One of those declared. */
  readonly compression?: Compression;
  readonly maxRecordBytes?: number;
}

export interface ClientUnderTest {
  readonly brokers: readonly string[];
  readonly capabilities: ClientCapabilities;
  newSource(request: SourceRequest): Source;
  newSink(request: SinkRequest, events: SinkEvents): Sink;
}

/** How a client is opened at whichever brokers there are. */
export type NewClient = (connection: KafkaConnection) => ClientUnderTest;

export function conformance(name: string, client: ClientUnderTest): void {
  capabilityConformance(name, client);
  readingConformance(name, client);
  transactionConformance(name, client);
  positionConformance(name, client);
  groupConformance(name, client);
  leaseConformance(name, client);
  seekConformance(name, client);
  writingConformance(name, client);
  sendingConformance(name, client);
}
