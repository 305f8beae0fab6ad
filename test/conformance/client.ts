/**
 * The suite that any client behind Source and Sink must pass against a real broker. A client's integration test calls
 * `conformance` and nothing else. What clients need not keep is left out: the order among headers of different names when
 * one of them repeats, and the difference between a null and an empty header value.
 */
import type { Sink, SinkEvents, Source } from '../../src/pipeline/ports.ts';
import { groupConformance } from './group.ts';
import { positionConformance } from './positions.ts';
import { readingConformance } from './reading.ts';
import { writingConformance } from './writing.ts';

export interface SourceRequest {
  readonly topic: string;
  readonly group: string;
  readonly start?: 'earliest' | 'latest' | { readonly timestampMs: number };
  readonly outOfRange?: 'stop' | 'earliest' | 'latest';
  readonly readUncommitted?: boolean;
  readonly drainTimeoutMs?: number;
  readonly maxBytesPerPartition?: number;
  readonly maxBlockRecords?: number;
}

export interface SinkRequest {
  readonly compression?: 'none' | 'gzip';
  readonly maxRecordBytes?: number;
}

export interface ClientUnderTest {
  readonly brokers: readonly string[];
  newSource(request: SourceRequest): Source;
  newSink(request: SinkRequest, events: SinkEvents): Sink;
}

export function conformance(name: string, client: ClientUnderTest): void {
  readingConformance(name, client);
  positionConformance(name, client);
  groupConformance(name, client);
  writingConformance(name, client);
}
