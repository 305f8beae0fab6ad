import type { ByteBuffer } from '../pipeline/ports.ts';
import { append, appendLong, ensure } from './byteBuffer.ts';
import { encodeDefault } from './defaults.ts';
import { branchFor, logicalOf, promotes, sameEncoding, sameMeaning } from './resolution.ts';
import type { ArrayNode, AvroNode, EnumNode, MapNode, RecordNode, UnionNode } from './schema.ts';
import { typeName } from './schema.ts';
import { leastBytes, type Skips } from './skipCode.ts';
import * as wire from './wire.ts';

/**
 * Writes the value at `p`, encoded as one schema, to `out`, encoded as another.
 * @returns the position after it, or a negated read code.
 */
export type Transcode = (b: Uint8Array, p: number, end: number, out: ByteBuffer, depth: number) => number;

/** A carried value larger than this is refused: no honest record comes near, and defaults filled in could multiply a hostile one. */
const MAX_CARRIED_BYTES = 16 << 20;

/** Why a schema can never be written as another. */
export class Misfit {
  readonly problem: string;
  constructor(problem: string) {
    this.problem = problem;
  }
}

/** Transcoders from nodes of one writer schema to nodes of one output field, made once for each pair of nodes. */
export class Transcoders {
  readonly #skips: Skips;
  /** The read code for a value that the output has no place for: a null, a branch or a symbol. */
  readonly #noPlace: number;
  readonly #made = new Map<AvroNode, Map<AvroNode, { run: Transcode | Misfit | undefined }>>();
  /** Values that some event may hold and that will be refused then, for messages. */
  readonly unplaced: string[] = [];

  constructor(skips: Skips, noPlace: number) {
    this.#skips = skips;
    this.#noPlace = noPlace;
  }

  of(from: AvroNode, to: AvroNode): Transcode | Misfit {
    const known = this.#made.get(from)?.get(to);
    if (known?.run) return known.run;
    // The pair is being made further up: a recursive type. Its holder is filled by the time an event is read.
    if (known) {
      return (b, p, end, out, depth) =>
        typeof known.run === 'function' ? known.run(b, p, end, out, depth) : -this.#noPlace;
    }
    const holder: { run: Transcode | Misfit | undefined } = { run: undefined };
    const row = this.#made.get(from) ?? new Map();
    this.#made.set(from, row.set(to, holder));
    holder.run = this.#make(from, to);
    return holder.run;
  }

  #make(from: AvroNode, to: AvroNode): Transcode | Misfit {
    if (sameEncoding(from, to)) return copying(this.#skips.skipOf(from));
    if (from.kind === 'union') return this.#fromUnion(from, to);
    if (to.kind === 'union') return this.#intoUnion(from, to);
    if (!sameMeaning(logicalOf(from), logicalOf(to))) return misfit(from, to);
    if (from.kind === 'enum' && to.kind === 'enum') return this.#symbols(from, to);
    if (from.kind === 'record' && to.kind === 'record') return this.#record(from, to);
    if (from.kind === 'array' && to.kind === 'array') return this.#array(from, to);
    if (from.kind === 'map' && to.kind === 'map') return this.#map(from, to);
    if (!promotes(from, to)) return misfit(from, to);
    if (from.kind === 'enum') return symbolText(from);
    return from.kind === 'float' ? floatToDouble : integerTo(to.kind === 'float');
  }

  #fromUnion(from: UnionNode, to: AvroNode): Transcode | Misfit {
    const branches = from.branches.map((branch) => this.of(branch, to));
    const runs = branches.map((branch) => (branch instanceof Misfit ? undefined : branch));
    // A null alone that fits proves nothing about the values the field is there for.
    const holdsValues = from.branches.some((branch) => branch.kind !== 'null');
    if (!runs.some((run, index) => run && !(holdsValues && from.branches[index]!.kind === 'null'))) {
      return misfit(from, to);
    }
    from.branches.forEach((branch, index) => {
      if (!runs[index]) this.unplaced.push(typeName(branch));
    });
    const noPlace = -this.#noPlace;
    return (b, p, end, out, depth) => {
      const at = wire.readInt(b, p, end);
      if (at < 0) return at;
      const index = wire.words[0]!;
      if (index < 0 || index >= runs.length) return -wire.INVALID;
      const run = runs[index];
      return run ? run(b, at, end, out, depth) : noPlace;
    };
  }

  #intoUnion(from: AvroNode, to: UnionNode): Transcode | Misfit {
    const index = branchFor(from, to);
    if (index < 0) return misfit(from, to);
    const inner = this.of(from, to.branches[index]!);
    if (inner instanceof Misfit) return inner;
    return (b, p, end, out, depth) => {
      appendLong(out, index);
      return inner(b, p, end, out, depth);
    };
  }

  #symbols(from: EnumNode, to: EnumNode): Transcode | Misfit {
    const fallback = to.default === undefined ? -1 : to.symbols.indexOf(to.default);
    const indexes = Int32Array.from(from.symbols, (symbol) => to.symbols.indexOf(symbol));
    if (fallback < 0 && indexes.every((index) => index < 0)) return misfit(from, to);
    if (fallback < 0) this.unplaced.push(...from.symbols.filter((_, index) => indexes[index]! < 0));
    const noPlace = -this.#noPlace;
    return (b, p, end, out) => {
      const after = wire.readInt(b, p, end);
      if (after < 0) return after;
      const symbol = wire.words[0]!;
      if (symbol < 0 || symbol >= indexes.length) return -wire.INVALID;
      const index = indexes[symbol]! < 0 ? fallback : indexes[symbol]!;
      if (index < 0) return noPlace;
      appendLong(out, index);
      return after;
    };
  }

  #array(from: ArrayNode, to: ArrayNode): Transcode | Misfit {
    const item = this.of(from.items, to.items);
    return item instanceof Misfit ? item : blocks(item, leastBytes(from.items), false);
  }

  #map(from: MapNode, to: MapNode): Transcode | Misfit {
    const value = this.of(from.values, to.values);
    return value instanceof Misfit ? value : blocks(value, 1, true);
  }

  #record(from: RecordNode, to: RecordNode): Transcode | Misfit {
    const parts: (Transcode | Uint8Array)[] = [];
    // For each output field the part that makes it: the writer's fields in order, then the defaults.
    const order: number[] = [];
    for (const field of from.fields) {
      const target = to.fields.find((f) => f.name === field.name || f.aliases.includes(field.name));
      const part = target ? this.of(field.type, target.type) : dropping(this.#skips.skipOf(field.type));
      if (part instanceof Misfit) return new Misfit(`${field.name}: ${part.problem}`);
      if (target) order[to.fields.indexOf(target)] = parts.length;
      parts.push(part);
    }
    for (const [index, field] of to.fields.entries()) {
      if (order[index] !== undefined) continue;
      const bytes = field.default === undefined ? undefined : encodeDefault(field.type, field.default);
      if (!bytes)
        return new Misfit(`${typeName(from)} has no field ${field.name}, which has no usable default`);
      order[index] = parts.length;
      parts.push(bytes);
    }
    return recordOf(parts, order);
  }
}

function misfit(from: AvroNode, to: AvroNode): Misfit {
  return new Misfit(`${typeName(from)} does not fit ${typeName(to)}`);
}

function copying(skip: (b: Uint8Array, p: number, end: number, depth: number) => number): Transcode {
  return (b, p, end, out, depth) => {
    const after = skip(b, p, end, depth);
    if (after >= 0) append(out, b, p, after);
    return after;
  };
}

function dropping(skip: (b: Uint8Array, p: number, end: number, depth: number) => number): Transcode {
  return (b, p, end, _out, depth) => skip(b, p, end, depth);
}

function symbolText(from: EnumNode): Transcode {
  const texts = from.symbols.map((symbol) => encodeDefault({ kind: 'string' }, symbol)!);
  return (b, p, end, out) => {
    const after = wire.readInt(b, p, end);
    if (after < 0) return after;
    const text = texts[wire.words[0]!];
    if (!text) return -wire.INVALID;
    append(out, text, 0, text.length);
    return after;
  };
}

function integerTo(float: boolean): Transcode {
  return (b, p, end, out) => {
    const after = wire.readLong(b, p, end);
    if (after < 0) return after;
    appendFloating(out, wire.longValue(), float);
    return after;
  };
}

const floatToDouble: Transcode = (b, p, end, out) => {
  if (end - p < 4) return -wire.TRUNCATED;
  appendFloating(out, wire.viewOf(b).getFloat32(p, true), false);
  return p + 4;
};

const floating = new DataView(new ArrayBuffer(8));
const floatingBytes = new Uint8Array(floating.buffer);

function appendFloating(out: ByteBuffer, value: number, float: boolean): void {
  if (float) floating.setFloat32(0, value, true);
  else floating.setFloat64(0, value, true);
  append(out, floatingBytes, 0, float ? 4 : 8);
}

function blocks(item: Transcode, least: number, keyed: boolean): Transcode {
  return (b, start, end, out, depth) => {
    const from = out.length;
    let p = start;
    for (;;) {
      p = wire.readBlock(b, p, end, least);
      if (p < 0) return p;
      const count = wire.words[0]!;
      const blockEnd = wire.words[1]!;
      appendLong(out, count);
      if (count === 0) return p;
      for (let i = 0; i < count; i++) {
        if (keyed) {
          const key = p;
          p = wire.skipBytes(b, p, end);
          if (p < 0) return p;
          append(out, b, key, p);
        }
        p = item(b, p, end, out, depth);
        if (p < 0) return p;
        if (out.length - from > MAX_CARRIED_BYTES) return -wire.LIMIT;
      }
      if (blockEnd >= 0 && p !== blockEnd) return -wire.INVALID;
    }
  };
}

/** Where each part of the records now being written begins; records nest, so they share it as a stack. */
let partStarts = new Int32Array(256);
let partTop = 0;

function recordOf(parts: readonly (Transcode | Uint8Array)[], order: readonly number[]): Transcode {
  const inOrder = order.every((part, index) => index === 0 || part > order[index - 1]!);
  return (b, start, end, out, depth) => {
    if (depth > wire.MAX_RECURSION) return -wire.LIMIT;
    const base = partTop;
    partTop += parts.length + 1;
    if (partTop > partStarts.length) partStarts = grownStarts(partTop);
    const p = writeParts(parts, base, b, start, end, out, depth + 1);
    if (p >= 0 && !inOrder) permute(order, parts.length, base, out);
    partTop = base;
    return p;
  };
}

function grownStarts(needed: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(needed * 2);
  grown.set(partStarts);
  return grown;
}

function writeParts(
  parts: readonly (Transcode | Uint8Array)[],
  base: number,
  b: Uint8Array,
  start: number,
  end: number,
  out: ByteBuffer,
  depth: number,
): number {
  let p = start;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    partStarts[base + i] = out.length;
    if (typeof part === 'function') p = part(b, p, end, out, depth);
    else append(out, part, 0, part.length);
    if (p < 0) return p;
  }
  partStarts[base + parts.length] = out.length;
  return p;
}

/** Puts the parts, written in the writer's order, into the output's order: behind them first, then down over them. */
function permute(order: readonly number[], count: number, base: number, out: ByteBuffer): void {
  const first = partStarts[base]!;
  const written = partStarts[base + count]!;
  ensure(out, written - first);
  let o = written;
  for (const part of order) {
    const [from, to] = [partStarts[base + part]!, partStarts[base + part + 1]!];
    out.bytes.copyWithin(o, from, to);
    o += to - from;
  }
  out.bytes.copyWithin(first, written, o);
  out.length = first + (o - written);
}
