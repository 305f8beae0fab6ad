/** Between the pipeline's buffers and ONNX Runtime's tensors: views going in, columns coming out. */
import { TidemarkError } from '../errors.ts';
import type { InputBuffer, OutputValues } from '../pipeline/ports.ts';
import type { CardInput, CardOutput } from './card.ts';
import { ort, type Tensor } from './ort.ts';

const INT64_BYTES = 8;
const WORD = 2 ** 32;

/** Room for `rows` rows of one input, all zero (strings: empty). */
export function newInputBuffer({ name, type, columns }: CardInput, rows: number): InputBuffer {
  const length = rows * columns;
  switch (type) {
    case 'float32':
      return { name, columns, type, values: new Float32Array(length) };
    case 'float64':
      return { name, columns, type, values: new Float64Array(length) };
    case 'int32':
      return { name, columns, type, values: new Int32Array(length) };
    case 'int64':
      return { name, columns, type, values: new Int32Array(length * 2) };
    case 'bool':
      return { name, columns, type, values: new Uint8Array(length) };
    case 'string':
      return { name, columns, type, values: new Array<string>(length).fill('') };
    default:
      return type satisfies never;
  }
}

/** Rows `[start, start + rows)` as a tensor of shape `dims`: a view, no copy but for strings. */
export function tensorOf(buffer: InputBuffer, start: number, rows: number, dims: readonly number[]): Tensor {
  const from = start * buffer.columns;
  const to = from + rows * buffer.columns;
  switch (buffer.type) {
    case 'float32':
      return new ort.Tensor('float32', buffer.values.subarray(from, to), dims);
    case 'float64':
      return new ort.Tensor('float64', buffer.values.subarray(from, to), dims);
    case 'int32':
      return new ort.Tensor('int32', buffer.values.subarray(from, to), dims);
    case 'int64': {
      const { values } = buffer;
      const bytesAt = values.byteOffset + from * INT64_BYTES;
      return new ort.Tensor('int64', new BigInt64Array(values.buffer, bytesAt, to - from), dims);
    }
    case 'bool':
      return new ort.Tensor('bool', buffer.values.subarray(from, to), dims);
    case 'string':
      return new ort.Tensor('string', buffer.values.slice(from, to), dims);
    default:
      return buffer satisfies never;
  }
}

/** A copy of rows `[start, start + rows)` made `length` rows long by repeating the last: for models of a fixed batch size. */
export function paddedRows(
  input: CardInput,
  buffer: InputBuffer,
  start: number,
  rows: number,
  length: number,
): InputBuffer {
  const padded = newInputBuffer(input, length);
  for (let row = 0; row < length; row++) copyRow(buffer, start + Math.min(row, rows - 1), padded, row);
  return padded;
}

/** Copies one row between buffers of the same input. */
export function copyRow(from: InputBuffer, fromRow: number, to: InputBuffer, toRow: number): void {
  const slots = from.type === 'int64' ? from.columns * 2 : from.columns;
  for (let i = 0; i < slots; i++) to.values[toRow * slots + i] = from.values[fromRow * slots + i]!;
}

/** Room for `rows` values of one output. */
export function newOutputValues(name: string, kind: OutputValues['kind'], rows: number): OutputValues {
  if (kind === 'string') return { name, kind, values: new Array<string>(rows).fill('') };
  return { name, kind, values: new Float64Array(rows) };
}

/**
 * Copies the first `rows` values of an output's column to `into.values[start...]`. `runRows` is how many rows the tensor was
 * computed from (more than `rows` when padded). Throws E-MODEL-SIGNATURE when the tensor has not that shape.
 */
export function readColumn(
  tensor: Tensor,
  output: CardOutput,
  runRows: number,
  rows: number,
  into: OutputValues,
  start: number,
): void {
  const stride = columnsOf(tensor, output, runRows);
  const column = output.column ?? 0;
  if (into.kind === 'string') {
    const data = tensor.data as string[];
    for (let row = 0; row < rows; row++) into.values[start + row] = data[row * stride + column]!;
    return;
  }
  if (tensor.type === 'int64') {
    const data = tensor.data as BigInt64Array;
    // Read as words: a BigInt per value would be an allocation per event.
    const words = new Int32Array(data.buffer, data.byteOffset, data.length * 2);
    for (let row = 0; row < rows; row++) {
      const at = (row * stride + column) * 2;
      into.values[start + row] = words[at + 1]! * WORD + (words[at]! >>> 0);
    }
    return;
  }
  const data = tensor.data as Float32Array | Float64Array | Int32Array | Uint8Array;
  for (let row = 0; row < rows; row++) into.values[start + row] = data[row * stride + column]!;
}

function columnsOf(tensor: Tensor, output: CardOutput, runRows: number): number {
  const { dims, size } = tensor;
  const shape = `[${dims.join(', ')}]`;
  const isPerRow = dims.length === 0 ? runRows === 1 : dims[0] === runRows;
  if (!isPerRow) {
    throw new TidemarkError(
      'E-MODEL-SIGNATURE',
      `output ${output.name}: tensor ${output.tensor} has shape ${shape} for ${runRows} rows; expected one line per row. Export the model with a batch dimension first.`,
    );
  }
  const columns = size / runRows;
  if (output.column === undefined ? columns !== 1 : output.column >= columns) {
    throw new TidemarkError('E-MODEL-SIGNATURE', columnFault(output, columns));
  }
  return columns;
}

/** Why an output's column does not fit a tensor of so many columns. */
export function columnFault({ name, tensor, column }: CardOutput, columns: number): string {
  const range = columns === 1 ? 'the only column is 0' : `columns are 0 to ${columns - 1}`;
  return column === undefined
    ? `output ${name}: tensor ${tensor} has ${columns} columns; say which one (column: 0 to ${columns - 1})`
    : `output ${name}: tensor ${tensor} has no column ${column}; ${range}`;
}
