import { TidemarkError } from '../errors.ts';
import type { Block, Lease, Position } from './ports.ts';

/**
 * A run of consecutive records of one block whose outcomes are decided together: those that went into one batch. Progress is
 * kept per segment, so nothing is kept per record.
 */
export interface Segment {
  readonly block: Block;
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
  committedOffset: number;
  endOffset: number;
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
    this.#leases.set(lease, { segments: [], offset: -1, committedOffset: -1, endOffset: -1 });
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

  /** Begins a segment at the reading position of the block, whose first row is the batch's `row`. Undefined when the lease is gone. */
  open(block: Block, row: number): Segment | undefined {
    const progress = this.#leases.get(block.lease);
    if (progress === undefined) return undefined;
    const segment: Segment = {
      block,
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

  leases(): Iterable<Lease> {
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
