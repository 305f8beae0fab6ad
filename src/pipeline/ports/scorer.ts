/** What a model gives to whoever has rows for it. */
import type { InputBuffer, TensorType } from './row.ts';

/** One named output of the model: a column of one of its output tensors. */
export interface ModelOutput {
  readonly name: string;
  readonly type: TensorType;
}

/** The model's outputs for a batch: per output an array indexed by row. Numbers of any tensor type are held as doubles. */
export type OutputValues =
  | { readonly name: string; readonly kind: 'number'; readonly values: Float64Array }
  | { readonly name: string; readonly kind: 'string'; readonly values: string[] };

export interface Scorer {
  readonly name: string;
  readonly version: string;
  /** The first 16 hexadecimal digits of the package's digest. */
  readonly digest: string;
  readonly outputs: readonly ModelOutput[];
  newInputs(maxRows: number): InputBuffer[];
  newOutputs(maxRows: number): OutputValues[];
  /**
   * Scores rows `[0, rows)` in chunks of at most about 50 ms, giving way to timers and sockets between them.
   * Throws E-MODEL-RUN when ONNX Runtime fails.
   */
  run(inputs: readonly InputBuffer[], rows: number, outputs: readonly OutputValues[]): Promise<void>;
  close(): Promise<void>;
}
