import type { Batch } from './batch.ts';
import {
  type Block,
  READ_OK,
  READ_SKIPPED,
  type RowReaders,
  SPAN_STRIDE,
  VALUE_END,
  VALUE_START,
} from './ports.ts';
import type { Progress } from './progress.ts';

/** A block and how far it has been read. */
export interface Cursor {
  readonly block: Block;
  /** When the pipeline took it, monotonic milliseconds. */
  readonly arrivedMs: number;
  /** The next record to read. */
  index: number;
}

export interface FillCounts {
  tombstones: number;
  otherTypes: number;
}

/** `read`: the block has no more records; `full`: the batch takes no more; otherwise the schema id that is not at hand. */
export type FillResult = 'read' | 'full' | { readonly needsSchema: number };

/** Reads records of one block into the open batch until the block ends, the batch is full or an unknown schema comes up. */
export function fill(
  cursor: Cursor,
  batch: Batch,
  readers: RowReaders,
  progress: Progress,
  counts: FillCounts,
): FillResult {
  const { block } = cursor;
  const segment = progress.open(cursor, batch.rows);
  if (segment === undefined) return 'read';
  const outcomesBefore = batch.rows + batch.rejections.length;
  const result = fillRows(cursor, batch, readers, counts);
  const ended = cursor.index >= block.count;
  segment.endRow = batch.rows;
  segment.endIndex = cursor.index;
  segment.endsBlock = ended;
  segment.endOffset = ended ? block.nextOffset : block.offsets[cursor.index];
  // A segment of skipped records only has nothing to wait for.
  if (batch.rows + batch.rejections.length === outcomesBefore) progress.settle(segment);
  else batch.segments.push(segment);
  return result;
}

function fillRows(cursor: Cursor, batch: Batch, readers: RowReaders, counts: FillCounts): FillResult {
  const { block } = cursor;
  const { bytes, spans, count } = block;
  let lastId = -1;
  let reader = undefined as ReturnType<RowReaders['ready']>;
  for (let index = cursor.index; index < count; index++) {
    cursor.index = index;
    if (batch.isFull) return 'full';
    const start = spans[index * SPAN_STRIDE + VALUE_START];
    const end = spans[index * SPAN_STRIDE + VALUE_END];
    if (start < 0) {
      counts.tombstones++;
      continue;
    }
    const id = readers.schemaIdOf(bytes, start, end);
    if (id < 0) {
      batch.rejections.push({ block, index, result: 0, reader: undefined });
      continue;
    }
    if (id !== lastId || reader === undefined) {
      reader = readers.ready(id);
      if (reader === undefined) return { needsSchema: id };
      lastId = id;
    }
    const row = batch.rows;
    const result = reader.read(bytes, start, end, row, batch);
    if (result === READ_OK) {
      batch.recordOf[row] = index;
      batch.rows = row + 1;
    } else if (result === READ_SKIPPED) counts.otherTypes++;
    else batch.rejections.push({ block, index, result, reader });
  }
  cursor.index = count;
  return 'read';
}
