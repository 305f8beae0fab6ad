/** The Scorer port on ONNX Runtime: one session, one run per chunk, views in, columns out. */
import { TidemarkError } from '../errors.ts';
import type { InputBuffer, ModelOutput, OutputValues, Scorer, TensorType } from '../pipeline/ports.ts';
import { type Card, type CardInput, type CardOutput, TENSOR_TYPES } from './card.ts';
import type { InferenceSession, Tensor } from './ort.ts';
import { newInputBuffer, newOutputValues, paddedRows, readColumn, tensorOf } from './tensors.ts';

const DIGEST_DIGITS = 16;

export interface ScorerOptions {
  readonly session: InferenceSession;
  readonly card: Pick<Card, 'name' | 'version' | 'inputs' | 'outputs'>;
  /** The package's digest, 64 hexadecimal digits. */
  readonly digest: string;
  /** Rows of one ONNX Runtime run; a fixed batch dimension of the model goes before it. */
  readonly rowsPerRun: number;
}

/** Not to be called concurrently: one batch at a time. The session is the scorer's from here on; `close` releases it. */
export class OrtScorer implements Scorer {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly outputs: readonly ModelOutput[];
  readonly #session: InferenceSession;
  readonly #inputs: readonly CardInput[];
  readonly #columns: readonly CardOutput[];
  /** Only these are computed into JavaScript: a ZipMap output that is fetched makes the run fail. */
  readonly #fetched: readonly string[];
  readonly #fixedRows: number | undefined;
  #rowsPerRun: number;
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor({ session, card, digest, rowsPerRun }: ScorerOptions) {
    this.name = card.name;
    this.version = card.version;
    this.digest = digest.slice(0, DIGEST_DIGITS);
    this.outputs = card.outputs.map(({ name, tensor }) => ({ name, type: outputType(session, tensor) }));
    this.#session = session;
    this.#inputs = card.inputs;
    this.#columns = card.outputs;
    this.#fetched = [...new Set(card.outputs.map(({ tensor }) => tensor))];
    this.#fixedRows = card.inputs.find(({ fixedRows }) => fixedRows !== undefined)?.fixedRows;
    this.#rowsPerRun = this.#fixedRows ?? rowsPerRun;
  }

  /** Rows of one ONNX Runtime run: between two runs timers and sockets have their turn. */
  get rowsPerRun(): number {
    return this.#rowsPerRun;
  }

  /** Undefined when any number of rows can be run at once. */
  get fixedRows(): number | undefined {
    return this.#fixedRows;
  }

  /** Sets the rows of a run once the model has been measured; a fixed batch dimension stays. */
  setRowsPerRun(rows: number): void {
    this.#rowsPerRun = this.#fixedRows ?? rows;
  }

  newInputs(maxRows: number): InputBuffer[] {
    return this.#inputs.map((input) => newInputBuffer(input, maxRows));
  }

  newOutputs(maxRows: number): OutputValues[] {
    return this.outputs.map(({ name, type }) =>
      newOutputValues(name, type === 'string' ? 'string' : 'number', maxRows),
    );
  }

  async run(inputs: readonly InputBuffer[], rows: number, outputs: readonly OutputValues[]): Promise<void> {
    if (this.#closed) throw new TidemarkError('E-INTERNAL', 'the scorer was used after it was closed');
    this.#running = this.#runAll(inputs, rows, outputs);
    await this.#running;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // Releasing under a run would fail it: let it end. Its failure is its caller's to see.
    await this.#running.catch(() => undefined);
    await this.#session.release();
  }

  /** `session.run` waits for setImmediate before each run, so timers and sockets have their turn between chunks. */
  async #runAll(
    inputs: readonly InputBuffer[],
    rows: number,
    outputs: readonly OutputValues[],
  ): Promise<void> {
    for (let start = 0; start < rows; start += this.#rowsPerRun) {
      await this.#runChunk(inputs, start, Math.min(this.#rowsPerRun, rows - start), outputs);
    }
  }

  async #runChunk(
    inputs: readonly InputBuffer[],
    start: number,
    rows: number,
    outputs: readonly OutputValues[],
  ): Promise<void> {
    const runRows = this.#fixedRows ?? rows;
    const tensors = await this.#session
      .run(this.#feeds(inputs, start, rows, runRows), this.#fetched)
      .catch((cause) => {
        throw runFailure(this.name, start, rows, cause);
      });
    for (let i = 0; i < this.#columns.length; i++) {
      const output = this.#columns[i]!;
      readColumn(tensors[output.tensor]!, output, runRows, rows, outputs[i]!, start);
    }
  }

  #feeds(
    inputs: readonly InputBuffer[],
    start: number,
    rows: number,
    runRows: number,
  ): Record<string, Tensor> {
    const feeds: Record<string, Tensor> = {};
    for (let i = 0; i < this.#inputs.length; i++) {
      const input = this.#inputs[i]!;
      const dims = [runRows, ...(input.shape.slice(1) as number[])];
      feeds[input.name] =
        rows === runRows
          ? tensorOf(inputs[i]!, start, rows, dims)
          : tensorOf(paddedRows(input, inputs[i]!, start, rows, runRows), 0, runRows, dims);
    }
    return feeds;
  }
}

function runFailure(model: string, start: number, rows: number, cause: unknown): TidemarkError {
  const why = cause instanceof Error ? cause.message.trim() : String(cause);
  return new TidemarkError(
    'E-MODEL-RUN',
    `ONNX Runtime failed on rows ${start} to ${start + rows - 1} of a batch for model ${model}: ${why}`,
    { cause },
  );
}

/** The element type of a model output. Throws E-MODEL-SIGNATURE when there is none by that name or of a type that serves. */
function outputType(session: InferenceSession, tensor: string): TensorType {
  const found = session.outputMetadata.find(({ name }) => name === tensor);
  const type = found?.isTensor ? TENSOR_TYPES.find((known) => known === found.type) : undefined;
  if (type === undefined) {
    throw new TidemarkError(
      'E-MODEL-SIGNATURE',
      `the model has no tensor output ${tensor} of a type that serves`,
    );
  }
  return type;
}
