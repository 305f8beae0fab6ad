import { type ErrorCode, TidemarkError } from '../errors.ts';
import type { Telemetry } from '../telemetry/events.ts';
import type { RejectedRecord } from './batch.ts';
import { type Partitions, partitionFor } from './partitions.ts';
import {
  type Block,
  type RecordBuffer,
  type RecordMaker,
  type Refusal,
  type RowReaders,
  SPAN_STRIDE,
  VALUE_END,
  VALUE_START,
} from './ports.ts';

/** Of a fault's words that travel in a header. */
const MAX_DETAIL_CHARACTERS = 1000;
/** Of an event's id, which may be a text of any length, that are told and kept. */
const MAX_ID_CHARACTERS = 200;

interface Letter {
  readonly block: Block;
  readonly index: number;
  readonly code: ErrorCode;
}

/** Who writes dead letters; constant for the life of a pipeline. */
export interface DeadLetterFacts {
  readonly pipeline: string;
  readonly model: string;
  readonly version: string;
}

/** Is told of rejected records, of which it may trace some. */
export interface RejectionTraces {
  /** @returns the id of the record's trace, if it has one */
  rejected(block: Block, index: number, code: ErrorCode): string | undefined;
}

/**
 * Turns records that left the road into dead letters: key, value and headers untouched, and in added headers why and whence.
 * The `__connect.errors.*` names are those of Kafka Connect (KIP-298), which dead-letter tools already understand.
 */
export class DeadLetters {
  readonly #sink: RecordMaker;
  readonly #frames: Pick<RowReaders, 'schemaIdOf'>;
  readonly #telemetry: Pick<Telemetry, 'eventRejected'>;
  readonly #facts: DeadLetterFacts;
  readonly #partitions: Partitions;
  readonly #traces: RejectionTraces | undefined;
  /** What stands behind each letter of a buffer, for the case that it is refused. */
  readonly #letters = new WeakMap<RecordBuffer, Letter[]>();

  constructor(
    sink: RecordMaker,
    frames: Pick<RowReaders, 'schemaIdOf'>,
    telemetry: Pick<Telemetry, 'eventRejected'>,
    facts: DeadLetterFacts,
    partitions: Partitions,
    traces?: RejectionTraces,
  ) {
    this.#sink = sink;
    this.#frames = frames;
    this.#telemetry = telemetry;
    this.#facts = facts;
    this.#partitions = partitions;
    this.#traces = traces;
  }

  get topic(): string {
    return this.#partitions.topic;
  }

  /** The letters of this buffer have their outcome. */
  release(letters: RecordBuffer): void {
    this.#letters.delete(letters);
    this.#sink.release(letters);
  }

  /** Appends a dead letter for a record that could not be read. */
  appendRejected(buffers: RecordBuffer[], { block, index, result, reader }: RejectedRecord): void {
    const start = block.spans[index * SPAN_STRIDE + VALUE_START];
    const end = block.spans[index * SPAN_STRIDE + VALUE_END];
    if (reader === undefined) {
      this.append(buffers, block, index, 'E-AVRO-FRAME', describeFrame(block.bytes, start, end));
      return;
    }
    const { code, detail } = reader.explain(result);
    this.append(buffers, block, index, code, detail, reader.idOf(block.bytes, start, end));
  }

  /** Appends a dead letter for record `index` of `block` to the buffer of its partition among `buffers`, opening one if there is none. */
  append(
    buffers: RecordBuffer[],
    block: Block,
    index: number,
    code: ErrorCode,
    detail: string,
    id?: string | undefined,
  ): void {
    const { topic, partition } = block.lease;
    const offset = block.offsets[index];
    const stamp = this.#sink.newStamp(this.#headers(block, offset, code, detail), { source: true });
    const start = block.spans[index * SPAN_STRIDE + VALUE_START];
    const end = block.spans[index * SPAN_STRIDE + VALUE_END];
    const buffer = this.#bufferFor(buffers, partitionFor(this.#partitions, this.#sink, block, index));
    buffer.append(block, index, block.bytes, start, end, block.timestamps[index], stamp);
    this.#letters.get(buffer)?.push({ block, index, code });
    const traceId = this.#traces?.rejected(block, index, code);
    const place = `${topic}/${partition}@${offset}`;
    const words = id?.slice(0, MAX_ID_CHARACTERS);
    // For people who look for its producer.
    const schemaId = this.#frames.schemaIdOf(block.bytes, start, end);
    this.#telemetry.eventRejected(code, detail, place, words, traceId, schemaId < 0 ? undefined : schemaId);
  }

  /**
   * Appends a refused letter once more with as little as can be: only its code and source, and the present time where the
   * topic may have found the event's own out of bounds.
   */
  appendBare(buffers: RecordBuffer[], { records, index: letterIndex }: Refusal, nowMs: number): void {
    const letter = this.#letters.get(records)?.[letterIndex];
    if (letter === undefined) throw new TidemarkError('E-INTERNAL', 'a refused dead letter is not known');
    const { block, index, code } = letter;
    // Its new owner reads it again; its bytes may be another record's by now.
    if (block.lease.state.kind === 'gone') return;
    const stamp = this.#sink.newStamp(
      [
        ['error-code', code],
        ['event-timestamp', String(block.timestamps[index])],
      ],
      { source: true },
    );
    const start = block.spans[index * SPAN_STRIDE + VALUE_START];
    const end = block.spans[index * SPAN_STRIDE + VALUE_END];
    const buffer = this.#bufferFor(buffers, records.partition);
    buffer.append(block, index, block.bytes, start, end, nowMs, stamp);
  }

  #headers(block: Block, offset: number, code: ErrorCode, detail: string): [string, string][] {
    const { pipeline, model, version } = this.#facts;
    const words = detail.slice(0, MAX_DETAIL_CHARACTERS);
    return [
      ['error-code', code],
      ['error-detail', words],
      ['pipeline', pipeline],
      ['model-name', model],
      ['model-version', version],
      ['__connect.errors.topic', block.lease.topic],
      ['__connect.errors.partition', String(block.lease.partition)],
      ['__connect.errors.offset', String(offset)],
      ['__connect.errors.connector.name', pipeline],
      ['__connect.errors.exception.class.name', code],
      ['__connect.errors.exception.message', words],
    ];
  }

  #bufferFor(buffers: RecordBuffer[], partition: number): RecordBuffer {
    const { topic } = this.#partitions;
    const open = buffers.find((buffer) => buffer.partition === partition);
    if (open !== undefined) return open;
    const buffer = this.#sink.newRecords(topic, partition);
    buffers.push(buffer);
    this.#letters.set(buffer, []);
    return buffer;
  }
}

function describeFrame(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length < 5) return `the value has ${length} bytes; a frame needs at least 5`;
  return `the value begins with byte 0x${bytes[start].toString(16).padStart(2, '0')} instead of 0x00`;
}
