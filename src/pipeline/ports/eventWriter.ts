/** Writing the value of a scored event. */
import type { Block } from './block.ts';
import type { ByteBuffer, RowTarget } from './row.ts';
import type { OutputValues } from './scorer.ts';

/** Where a value of the output record comes from. */
export type FieldSource =
  | { readonly from: 'event'; readonly slot: number }
  | { readonly from: 'model'; readonly output: number }
  | { readonly from: 'model-name' | 'model-version' | 'model-digest' }
  | { readonly from: 'decision' }
  | { readonly from: 'record'; readonly fact: 'topic' | 'partition' | 'offset' | 'timestamp' }
  /** When the batch was scored, epoch milliseconds. */
  | { readonly from: 'scored-at' };

/** Writes the value of one scored event, framed, at `out.length`, growing `out` as needed. */
export interface EventWriter {
  write(
    out: ByteBuffer,
    row: number,
    target: RowTarget,
    outputs: readonly OutputValues[],
    /** Index of the decision rule that held; -1 when the pipeline has no decision. */
    decision: number,
    block: Block,
    index: number,
    scoredAtMs: number,
  ): void;
}
