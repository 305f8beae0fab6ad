/** What was fetched of one partition and not read yet, and the blocks cut from it. */
import type { Lease } from '../../../pipeline/ports.ts';
import type { BatchFault } from '../wire/batchHeader.ts';
import { BatchReader, type BlockLimits } from '../wire/batchReader.ts';
import { FetchedBlock, NO_RECORDS, type SpansPool } from './block.ts';
import { EpochHistory } from './epochs.ts';
import type { Room } from './room.ts';
import type { FetchSettings } from './settings.ts';
import type { Slice } from './slice.ts';

export class PartitionBuffer {
  readonly lease: Lease;
  /** The next offset to hand out. */
  offset = 0;
  /** The partition's high watermark as of the last answer. */
  endOffset = 0;
  readonly epochs = new EpochHistory();
  /** Fetched and not released. */
  heldBytes = 0;
  /** Where the batch ends that was found faulty last, by the word of its header. */
  faultyEnd: number | undefined;
  rowsOut = 0;
  unpackedOut = 0;
  readonly #room: Room;
  readonly #spans: SpansPool;
  readonly #limits: BlockLimits;
  readonly #reader: BatchReader;
  #slices: Slice[] = [];
  /** The slice that the reader is in. */
  #open: Slice | undefined;

  constructor(lease: Lease, room: Room, spans: SpansPool, settings: FetchSettings) {
    this.lease = lease;
    this.#room = room;
    this.#spans = spans;
    this.#limits = { maxRecords: settings.maxBlockRecords, maxBytes: settings.maxBlockBytes };
    this.#reader = new BatchReader(settings);
  }

  get isEmpty(): boolean {
    return this.#open === undefined && this.#slices.length === 0;
  }

  /** Whether one more block of this partition may be out. */
  get mayCut(): boolean {
    return this.#room.rows.allows(this.rowsOut) && this.#room.unpacked.allows(this.unpackedOut);
  }

  add(slice: Slice): void {
    slice.held.hold();
    slice.users = 1;
    this.heldBytes += slice.end - slice.start;
    this.#slices.push(slice);
  }

  /**
   * The next block; undefined when nothing is left. What no reader sees (markers, aborted records, gaps) makes a block of its
   * own only when nothing follows it, so that a commit can pass it. A fault is told behind the last block that could be read.
   */
  cut(): FetchedBlock | BatchFault | undefined {
    const from = this.offset;
    for (;;) {
      const slice = this.#current();
      if (slice === undefined) break;
      const records = this.#spans.take(slice.end - slice.start);
      const more = this.#reader.readBlock(records, this.#limits, slice.transactions);
      // Also of what nobody sees: a position behind it with the epoch before it would look like a log that was cut (KIP-320).
      if (more) this.epochs.read(this.offset, this.#reader.leaderEpoch);
      this.offset = Math.max(this.offset, this.#reader.nextOffset);
      if (more && records.count > 0) return this.#block(slice, records);
      this.#spans.giveBack(records);
      if (more) continue;
      const { fault } = this.#reader;
      if (fault !== undefined) this.faultyEnd = this.#reader.faultyEnd;
      this.#close(slice);
      if (fault !== undefined) return fault;
    }
    if (this.offset === from) return undefined;
    return new FetchedBlock(
      this.lease,
      this,
      NO_RECORDS_BYTES,
      NO_RECORDS,
      undefined,
      0,
      this.offset,
      this.endOffset,
    );
  }

  /** The block's bytes and arrays are free. */
  release(block: FetchedBlock): void {
    if (block.released) return;
    block.released = true;
    this.rowsOut -= block.count;
    this.unpackedOut -= block.unpackedBytes;
    this.#room.rows.used -= block.count;
    this.#room.unpacked.used -= block.unpackedBytes;
    this.#spans.giveBack(block.records);
    if (block.slice !== undefined) this.#letGo(block.slice);
  }

  /** What was not handed out is dropped; blocks that are out stay valid. */
  clear(): void {
    if (this.#open !== undefined) this.#close(this.#open);
    for (const slice of this.#slices) this.#letGo(slice);
    this.#slices = [];
  }

  #current(): Slice | undefined {
    if (this.#open !== undefined) return this.#open;
    const slice = this.#slices.shift();
    if (slice === undefined) return undefined;
    this.#open = slice;
    this.#reader.begin(slice.bytes, slice.start, slice.end, Math.max(slice.fetchOffset, this.offset));
    return slice;
  }

  #block(slice: Slice, records: FetchedBlock['records']): FetchedBlock {
    const { bytes } = this.#reader;
    const unpackedBytes = bytes === slice.bytes ? 0 : bytes.length;
    slice.users++;
    this.rowsOut += records.count;
    this.unpackedOut += unpackedBytes;
    this.#room.rows.used += records.count;
    this.#room.unpacked.used += unpackedBytes;
    return new FetchedBlock(
      this.lease,
      this,
      bytes,
      records,
      slice,
      unpackedBytes,
      this.offset,
      this.endOffset,
    );
  }

  #close(slice: Slice): void {
    this.#open = undefined;
    this.#letGo(slice);
  }

  #letGo(slice: Slice): void {
    slice.users--;
    if (slice.users > 0) return;
    this.heldBytes -= slice.end - slice.start;
    slice.held.letGo();
  }
}

const NO_RECORDS_BYTES = new Uint8Array(0);
