/** The slow obvious reading of an event: what a feature at a path must be, from the value that avsc decoded. */
import type { FeaturePlan, FieldPath, InputBuffer, RowTarget } from '../../../src/pipeline/ports.ts';
import { type Ast, branchName, KEYS } from './randomAvro.ts';

export interface Leaf {
  readonly ast: Ast;
  readonly value: unknown;
}

/** The value at a path, unions opened on the way and at the end; undefined when there is none, or null. */
export function leafAt(ast: Ast, value: unknown, path: FieldPath): Leaf | undefined {
  if (ast.kind === 'union') {
    if (value === null) return undefined;
    const [name, inner] = Object.entries(value as object)[0]!;
    return leafAt(ast.branches.find((branch) => branchName(branch) === name)!, inner, path);
  }
  if (path.length === 0) return ast.kind === 'null' ? undefined : { ast, value };
  const [step, ...rest] = path;
  const inner = step as keyof typeof value;
  if (ast.kind === 'record') {
    const field = ast.fields.find((candidate) => candidate.name === step);
    return field && leafAt(field.type, (value as Record<string, unknown>)[inner], rest);
  }
  if ((ast.kind === 'array' || ast.kind === 'map') && Object.hasOwn(value as object, step!)) {
    return leafAt(
      ast.kind === 'array' ? ast.items : ast.values,
      (value as Record<string, unknown>)[inner],
      rest,
    );
  }
  return undefined;
}

/** All paths of a schema down to a depth, composites and leaves. */
export function pathsOf(ast: Ast, depth = 4): FieldPath[] {
  if (depth === 0) return [[]];
  switch (ast.kind) {
    case 'union':
      return ast.branches.flatMap((branch) => pathsOf(branch, depth));
    case 'record':
      return ast.fields.flatMap(({ name, type }) => [[name], ...under(name, pathsOf(type, depth - 1))]);
    case 'array':
      return [0, 2].flatMap((index) => under(index, pathsOf(ast.items, depth - 1)));
    case 'map':
      return KEYS.flatMap((key) => under(key, pathsOf(ast.values, depth - 1)));
    default:
      return [[]];
  }
}

function under(step: string | number, paths: FieldPath[]): FieldPath[] {
  return paths.map((path) => [step, ...path]);
}

/** The kinds of leaves that a path can lead to; whether it can lead anywhere. */
export function leafKinds(ast: Ast, path: FieldPath): Ast[] {
  if (ast.kind === 'union') return ast.branches.flatMap((branch) => leafKinds(branch, path));
  if (path.length === 0) return [ast];
  const [step, ...rest] = path;
  if (ast.kind === 'record') {
    return ast.fields.filter(({ name }) => name === step).flatMap(({ type }) => leafKinds(type, rest));
  }
  if (ast.kind === 'array') return typeof step === 'number' ? leafKinds(ast.items, rest) : [];
  return ast.kind === 'map' ? leafKinds(ast.values, rest) : [];
}

const UNITS_PER_MS: Record<string, number> = { 'timestamp-micros': 1e3, 'local-timestamp-nanos': 1e6 };

/** A leaf as a number, or as text; undefined when it is neither. */
export function meaning({ ast, value }: Leaf): number | bigint | string | undefined {
  switch (ast.kind) {
    case 'boolean':
      return value ? 1 : 0;
    case 'int':
    case 'float':
    case 'double':
      return value as number;
    case 'long':
      return ast.logical && UNITS_PER_MS[ast.logical]
        ? Number(value) / UNITS_PER_MS[ast.logical]!
        : (value as bigint);
    case 'string':
    case 'enum':
      return value as string;
    case 'bytes':
      return ast.logical === 'decimal' ? decimal(value as Buffer, ast.scale!) : undefined;
    case 'fixed':
      return fixed(value as Buffer, ast.logical, ast.scale ?? 0);
    default:
      return undefined;
  }
}

function fixed(bytes: Buffer, logical: string | undefined, scale: number): number | string | undefined {
  switch (logical) {
    case 'decimal':
      return decimal(bytes, scale);
    case 'duration':
      return bytes.readUInt32LE(0) > 0
        ? Number.POSITIVE_INFINITY
        : bytes.readUInt32LE(4) * 86_400_000 + bytes.readUInt32LE(8);
    case 'uuid': {
      const hex = bytes.toString('hex');
      const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
      return parts.join('-');
    }
    default:
      return undefined;
  }
}

function decimal(bytes: Buffer, scale: number): number {
  return bytes.length === 0
    ? 0
    : Number(BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`))) / 10 ** scale;
}

export const ROW = 1;

/** Room for two rows of a single input of `columns` columns; row 1 is the one that tests read. All holds another event's values. */
export function targetFor(type: FeaturePlan['type'], columns: number, carried: number): RowTarget {
  return {
    inputs: [inputFor(type, columns)],
    spans: new Int32Array(4 * carried).fill(3),
    side: { bytes: new Uint8Array(4), length: 0 },
    eventTimes: Float64Array.of(77, 77),
    missing: new Uint32Array(columns),
    unknown: new Uint32Array(columns),
  };
}

function inputFor(type: FeaturePlan['type'], columns: number): InputBuffer {
  const base = { name: 'input', columns };
  const count = 2 * columns;
  switch (type) {
    case 'float32':
      return { ...base, type, values: new Float32Array(count).fill(77) };
    case 'float64':
      return { ...base, type, values: new Float64Array(count).fill(77) };
    case 'int32':
      return { ...base, type, values: new Int32Array(count).fill(77) };
    case 'int64':
      return { ...base, type, values: new Int32Array(2 * count).fill(77) };
    case 'bool':
      return { ...base, type, values: new Uint8Array(count).fill(77) };
    case 'string':
      return { ...base, type, values: new Array<string>(count).fill('another') };
  }
}

/** The element of row 1; an int64 as BigInt. */
export function elementOf(target: RowTarget, column: number): number | bigint | string {
  const input = target.inputs[0]!;
  const at = input.columns + column;
  if (input.type === 'int64') return new BigInt64Array(input.values.buffer)[at]!;
  return input.values[at]!;
}

/** The bytes that a carried field of row 1 came to. */
export function carriedBytes(target: RowTarget, bytes: Uint8Array, slot: number): Buffer {
  const slots = target.spans.length / 2;
  const [start, length] = [target.spans[slots + 2 * slot]!, target.spans[slots + 2 * slot + 1]!];
  return start >= 0
    ? Buffer.from(bytes.subarray(start, start + length))
    : Buffer.from(target.side.bytes.subarray(-1 - start, -1 - start + length));
}
