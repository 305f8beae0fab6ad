import { type CodeUnit, literal } from './codeUnit.ts';
import type { AvroNode } from './schema.ts';
import { READ_BOOLEAN, readIntCode, readLengthCode, readSymbolCode } from './skipCode.ts';
import * as wire from './wire.ts';

/** What a scalar of the event is to a model, whatever its Avro type. */
export type LeafValue =
  /** 0 or 1, in x. */
  | { readonly kind: 'boolean' }
  /** In x. */
  | { readonly kind: 'int' }
  /** In n as a double, and in low and high exactly. */
  | { readonly kind: 'long' }
  /** In n, milliseconds, finite; a fraction only comes from a finer unit of time. */
  | { readonly kind: 'time' }
  /** In n; may be NaN or infinite. */
  | { readonly kind: 'number' }
  /** UTF-8 in b[s, p). */
  | { readonly kind: 'text' }
  /** Sixteen bytes in b[s, p), a UUID. */
  | { readonly kind: 'uuid' }
  /** An index into the symbols, in x. */
  | { readonly kind: 'symbol'; readonly symbols: readonly string[] };

const MS_PER_DAY = 86_400_000;
/** How many of a logical type's units make a millisecond. */
const UNITS_PER_MS: Readonly<Record<string, number>> = {
  'time-micros': 1e3,
  'timestamp-micros': 1e3,
  'local-timestamp-micros': 1e3,
  'timestamp-nanos': 1e6,
  'local-timestamp-nanos': 1e6,
};

/**
 * What a node means as a value: times in milliseconds (timestamps since the epoch, times since midnight), dates in days
 * since the epoch, decimals as numbers, UUIDs as text, durations in milliseconds. Undefined when it is no scalar.
 */
export function leafValueOf(node: AvroNode): LeafValue | undefined {
  switch (node.kind) {
    case 'boolean':
    case 'int':
      return { kind: node.kind };
    case 'long':
      return { kind: node.logical && UNITS_PER_MS[node.logical.kind] ? 'time' : 'long' };
    case 'float':
    case 'double':
      return { kind: 'number' };
    case 'string':
      return { kind: 'text' };
    case 'enum':
      return { kind: 'symbol', symbols: node.symbols };
    case 'bytes':
      return node.logical?.kind === 'decimal' ? { kind: 'number' } : undefined;
    case 'fixed':
      if (!node.logical) return undefined;
      return { kind: node.logical.kind === 'uuid' ? 'uuid' : 'number' };
    default:
      return undefined;
  }
}

/** Statements that read a scalar node into the variables its LeafValue names. */
export function readLeafCode(node: AvroNode, unit: CodeUnit): string {
  switch (node.kind) {
    case 'boolean':
      return READ_BOOLEAN;
    case 'int':
      return readIntCode(unit);
    case 'long':
      return readLongCode(unit, UNITS_PER_MS[node.logical?.kind ?? ''] ?? 1);
    case 'float':
      return `if (end - p < 4) return -${wire.TRUNCATED}; const n = f.getFloat32(p, true); p += 4;`;
    case 'double':
      return `if (end - p < 8) return -${wire.TRUNCATED}; const n = f.getFloat64(p, true); p += 8;`;
    case 'enum':
      return readSymbolCode(unit, node.symbols.length);
    case 'string':
      return `${readLengthCode(unit)} const s = p; p += x;`;
    case 'bytes':
      return `${readLengthCode(unit)} const s = p; p += x; ${decimalCode(node, unit)}`;
    default:
      return readFixedCode(node, unit);
  }
}

function readLongCode(unit: CodeUnit, unitsPerMs: number): string {
  const [readLong, words] = [unit.constant(wire.readLong), unit.constant(wire.words)];
  const scaled = unitsPerMs === 1 ? '' : ` n /= ${literal(unitsPerMs)};`;
  return (
    `if (p >= end) return -${wire.TRUNCATED}; x = b[p++]; let low = 0, high = 0, n = 0; ` +
    'if (x < 128) { low = (x >>> 1) ^ -(x & 1); high = low >> 31; n = low; } ' +
    `else { p = ${readLong}(b, p - 1, end); if (p < 0) return p; low = ${words}[0]; high = ${words}[1]; ` +
    `n = high * 4294967296 + (low >>> 0); }${scaled}`
  );
}

function readFixedCode(node: AvroNode, unit: CodeUnit): string {
  if (node.kind !== 'fixed') throw new TypeError(`${node.kind} is no scalar`);
  const pass = `if (end - p < ${node.size}) return -${wire.TRUNCATED}; const s = p; p += ${node.size};`;
  switch (node.logical?.kind) {
    case 'decimal':
      return `${pass} ${decimalCode(node, unit)}`;
    case 'duration':
      // A month has no length: such a duration is no number, and infinity is refused as one out of range.
      return (
        `${pass} const n = f.getUint32(s, true) > 0 ? Infinity : ` +
        `f.getUint32(s + 4, true) * ${MS_PER_DAY} + f.getUint32(s + 8, true);`
      );
    default:
      return pass;
  }
}

function decimalCode(node: AvroNode, unit: CodeUnit): string {
  const logical = 'logical' in node ? node.logical : undefined;
  if (logical?.kind !== 'decimal') throw new TypeError(`${node.kind} is no decimal`);
  return `const n = ${unit.constant(decimalValue)}(b, s, p) / ${literal(10 ** logical.scale)};`;
}

/** Doubles end at 2^1024: more bytes than this only matter when they are padding, which no writer adds. */
const MAX_DECIMAL_BYTES = 128;

/** Bytes whose integer a double holds exactly, with room for the sign. */
const EXACT_BYTES = 6;

/**
 * A big-endian two's-complement integer as the nearest double, rounded once. The first six bytes that count and the next six
 * are exact by themselves, so their sum is the only rounding; whatever follows can only break a tie, which the lowest bit does.
 */
function decimalValue(b: Uint8Array, start: number, end: number): number {
  if (start === end) return 0;
  if (end - start > MAX_DECIMAL_BYTES) return Number.POSITIVE_INFINITY;
  const padding = b[start]! < 0x80 ? 0 : 0xff;
  let at = start;
  while (at + 1 < end && b[at] === padding && b[at + 1]! >> 7 === padding >> 7) at++;
  const highEnd = Math.min(at + EXACT_BYTES, end);
  const lowEnd = Math.min(highEnd + EXACT_BYTES, end);
  let high = (b[at]! << 24) >> 24;
  for (let i = at + 1; i < highEnd; i++) high = high * 256 + b[i]!;
  let low = 0;
  for (let i = highEnd; i < lowEnd; i++) low = low * 256 + b[i]!;
  for (let i = lowEnd; i < end && low % 2 === 0; i++) if (b[i] !== 0) low++;
  return (high * 256 ** (lowEnd - highEnd) + low) * 256 ** (end - lowEnd);
}

/** Statements that put a timestamp's epoch milliseconds into the row; undefined when the node is no time. */
export function eventTimeCode(node: AvroNode): string | undefined {
  const logical = 'logical' in node ? node.logical?.kind : undefined;
  if (node.kind === 'int' && logical === 'date') return `t.eventTimes[row] = x * ${MS_PER_DAY};`;
  return node.kind === 'long' && logical !== 'time-micros' ? 't.eventTimes[row] = n;' : undefined;
}
