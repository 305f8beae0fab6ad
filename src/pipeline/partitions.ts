import { TidemarkError } from '../errors.ts';
import { type Block, KEY_END, KEY_START, type RecordMaker, SPAN_STRIDE } from './ports.ts';

/** How records are spread over the partitions of a topic that is written (P2). */
export interface Partitions {
  readonly topic: string;
  readonly count: number;
  /** `key`: by the key, as Java's default partitioner; `source`: the partition the record came from. */
  readonly partitioner: 'key' | 'source';
}

/** A null key goes to the source partition modulo the count: order per source partition is all that can be kept of it. */
export function partitionFor(
  to: Partitions,
  sink: Pick<RecordMaker, 'partitionOfKey'>,
  block: Block,
  index: number,
): number {
  const { partition } = block.lease;
  if (to.partitioner === 'source') {
    if (partition < to.count) return partition;
    // Checked at start too, but the input topic may have grown since.
    throw new TidemarkError(
      'E-KAFKA-PARTITIONS',
      `${to.topic} has ${to.count} partitions, none for records of ${block.lease.topic}/${partition}`,
    );
  }
  const keyStart = block.spans[index * SPAN_STRIDE + KEY_START];
  if (keyStart < 0) return partition % to.count;
  return sink.partitionOfKey(block.bytes, keyStart, block.spans[index * SPAN_STRIDE + KEY_END], to.count);
}
