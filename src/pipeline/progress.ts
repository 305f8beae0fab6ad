import { TidemarkError } from '../errors.ts';
import type { Standing } from '../telemetry/events.ts';
import type { Block, Lease, Position } from './ports.ts';

/**
 * A run of consecutive records of one block whose outcomes are decided together: those that went into one batch. Progress is
 * kept per segment, so nothing is kept per record.
 */
export interface Segment {
  readonly block: Block;
  /** When the pipeline took the block, monotonic milliseconds. */
  readonly arrivedMs: number;
  /** The block's records `[firstIndex, endIndex)` are of this segment. */
  readonly firstIndex: number;
  endIndex: number;
  /** The batch's rows `[firstRow, endRow)` are of this segment. */
  readonly firstRow: number;
  endRow: number;
  /** Everything below this offset belongs to this segment or an earlier one of the lease. */
  endOffset: number;
  /** The block has no records after this segment. */
  endsBlock: boolean;
  settled: boolean;
}

interface LeaseProgress {
  /** Oldest first; settled ones leave from the front. */
  readonly segments: Segment[];
  /** Highest offset below which every record has an acknowledged outcome; -1 before the first. */
  offset: number;
  /** Where reading began; -1 until that is known. */
  beginOffset: number;
  /** Timestamp of the last record that `offset` moved past, epoch milliseconds; -1 before the first. */
  settledMs: number;
  committedOffset: number;
  endOffset: number;
}

/** Where the next record to read is. */
interface Place {
  readonly block: Block;
  readonly index: number;
  readonly arrivedMs: number;
}

interface IdleWait {
  /** Those that may still be busy; the last is looked at first. */
  readonly leases: Lease[];
  readonly resolve: () => void;
}

/**
 * The low-water offset of each lease (P1). An offset is offered for commit only when every segment below it is settled, that
 * is: each of its records is scored and acknowledged, dead-lettered and acknowledged, or skipped.
 */
export class Progress {
  readonly #leases = new Map<Lease, LeaseProgress>();
  readonly #release: (block: Block) => void;
  /** Each leaves when its leases have settled or are gone. */
  readonly #idleWaits = new Set<IdleWait>();

  /** @param release called once for each block whose records all have their outcome */
  constructor(release: (block: Block) => void) {
    this.#release = release;
  }

  grant(lease: Lease): void {
    const unknown = { offset: -1, beginOffset: -1, settledMs: -1, committedOffset: -1, endOffset: -1 };
    this.#leases.set(lease, { segments: [], ...unknown });
  }

  begins(lease: Lease, offset: number): void {
    const progress = this.#leases.get(lease);
    if (progress !== undefined) progress.beginOffset = offset;
  }

  /** Forgets the lease: whatever settles later is dropped and never committed. */
  drop(lease: Lease): void {
    this.#leases.delete(lease);
    this.#tellIdle();
  }

  /** Forgets all leases: nothing is offered for commit any more. */
  close(): void {
    this.#leases.clear();
    this.#tellIdle();
  }

  /** Begins a segment at a place of a block, whose first row is the batch's `row`. Undefined when the lease is gone. */
  open({ block, index, arrivedMs }: Place, row: number): Segment | undefined {
    const progress = this.#leases.get(block.lease);
    if (progress === undefined) return undefined;
    const segment: Segment = {
      block,
      arrivedMs,
      firstIndex: index,
      endIndex: index,
      firstRow: row,
      endRow: row,
      endOffset: -1,
      endsBlock: false,
      settled: false,
    };
    progress.segments.push(segment);
    progress.endOffset = Math.max(progress.endOffset, block.endOffset);
    return segment;
  }

  /** Every record of the segment has its outcome. Moves the lease's offset as far as the oldest segments allow. */
  settle(segment: Segment): void {
    segment.settled = true;
    const progress = this.#leases.get(segment.block.lease);
    if (progress === undefined) return;
    while (progress.segments.length > 0 && progress.segments[0].settled) {
      const oldest = progress.segments.shift() as Segment;
      if (oldest.endOffset < progress.offset) {
        const place = `${oldest.block.lease.topic}/${oldest.block.lease.partition}`;
        throw new TidemarkError(
          'E-INTERNAL',
          `progress of ${place} would move back from ${progress.offset} to ${oldest.endOffset}`,
        );
      }
      progress.offset = oldest.endOffset;
      if (oldest.endIndex > oldest.firstIndex)
        progress.settledMs = oldest.block.timestamps[oldest.endIndex - 1];
      if (oldest.endsBlock) this.#release(oldest.block);
    }
    this.#tellIdle();
  }

  /** Positions that moved since they were last committed. */
  uncommitted(): Position[] {
    const positions: Position[] = [];
    for (const [lease, progress] of this.#leases) {
      if (progress.offset > progress.committedOffset) positions.push({ lease, offset: progress.offset });
    }
    return positions;
  }

  /** @returns the partition's end offset as last seen, for lag; undefined when the lease is gone. */
  committed(position: Position): number | undefined {
    const progress = this.#leases.get(position.lease);
    if (progress === undefined) return undefined;
    progress.committedOffset = Math.max(progress.committedOffset, position.offset);
    return progress.endOffset;
  }

  /** Resolves when no record of these leases, which take nothing new, waits for its outcome, or they are gone. */
  idle(leases: readonly Lease[]): Promise<void> {
    return new Promise((resolve) => {
      this.#idleWaits.add({ leases: [...leases], resolve });
      this.#tellIdle();
    });
  }

  /** How far a lease has come. `unread` is what of it is in hand and in no batch yet, oldest first. */
  standingOf(lease: Lease, unread: readonly Place[]): Standing | undefined {
    const progress = this.#leases.get(lease);
    if (progress === undefined) return undefined;
    const { segments, offset, beginOffset, endOffset, settledMs } = progress;
    const [oldest] = segments;
    const next = unread.find(({ block, index }) => index < block.count);
    return {
      partition: lease.partition,
      beginOffset,
      settledOffset: offset,
      endOffset: unread.reduce((end, { block }) => Math.max(end, block.endOffset), endOffset),
      oldestMs: oldest?.block.timestamps[oldest.firstIndex] ?? next?.block.timestamps[next.index],
      settledMs,
    };
  }

  leases(): IteratorObject<Lease> {
    return this.#leases.keys();
  }

  #tellIdle(): void {
    for (const wait of this.#idleWaits) {
      const { leases } = wait;
      while (leases.length > 0 && this.#isIdle(leases[leases.length - 1])) leases.pop();
      if (leases.length > 0) continue;
      this.#idleWaits.delete(wait);
      wait.resolve();
    }
  }

  #isIdle(lease: Lease): boolean {
    const progress = this.#leases.get(lease);
    return progress === undefined || progress.segments.length === 0;
  }
}
