import type { CodeUnit } from './codeUnit.ts';
import { CodeUnit as Unit } from './codeUnit.ts';
import type { AvroNode, RecordNode, UnionNode } from './schema.ts';
import { fixedSize, innerNodes, isZeroSize } from './schema.ts';
import * as wire from './wire.ts';

/**
 * Passes one value of a node in `b` from `p`, checking all of it (bounds, branches, symbols, booleans, counts).
 * `depth` counts records inside records of their own type. @returns the position after it, or a negated read code.
 */
export type Skip = (b: Uint8Array, p: number, end: number, depth: number) => number;

/** Beyond this many primitives a skip is called instead of being written out in place. */
const INLINE_WEIGHT = 8;

/**
 * The scratch variable that every generated function declares. One for all short-lived values: a variable of its own for each
 * would make the stack frame of a wide record's function grow with its fields.
 */
export const SCRATCH = 'let x = 0;';

/** Reads one byte into x. */
const READ_BYTE = `if (p >= end) return -${wire.TRUNCATED}; x = b[p++];`;

/** Reads a boolean into x. */
export const READ_BOOLEAN = `${READ_BYTE} if (x > 1) return -${wire.INVALID};`;

/** Reads an int, or the index of an enum or union, into x. */
export function readIntCode(unit: CodeUnit): string {
  const [readInt, words] = [unit.constant(wire.readInt), unit.constant(wire.words)];
  return (
    `${READ_BYTE} if (x < 128) x = (x >>> 1) ^ -(x & 1); ` +
    'else if (p < end && b[p] < 128) { x = (x & 127) | (b[p++] << 7); x = (x >>> 1) ^ -(x & 1); } ' +
    `else { p = ${readInt}(b, p - 1, end); if (p < 0) return p; x = ${words}[0]; }`
  );
}

/** Reads the index of one of `symbols` symbols into x. */
export function readSymbolCode(unit: CodeUnit, symbols: number): string {
  return `${readIntCode(unit)} if (x < 0 || x >= ${symbols}) return -${wire.INVALID};`;
}

/** Reads the length of a string or bytes into x and checks that all of it is there. */
export function readLengthCode(unit: CodeUnit): string {
  const [readLength, words] = [unit.constant(wire.readLength), unit.constant(wire.words)];
  return (
    `${READ_BYTE} if (x < 128 && (x & 1) === 0) { x >>>= 1; if (x > end - p) return -${wire.TRUNCATED}; } ` +
    `else { p = ${readLength}(b, p - 1, end); if (p < 0) return p; x = ${words}[0]; }`
  );
}

/** Reads the branch of a union and goes on with that branch's statements. */
export function switchCode(unit: CodeUnit, branches: readonly string[]): string {
  const cases = branches.map((code, index) => `case ${index}: {\n${code}\nbreak; }`);
  return `${readIntCode(unit)}\nswitch (x) {\n${cases.join('\n')}\ndefault: return -${wire.INVALID}; }`;
}

/** A loop over the blocks of an array or map; `item` passes one item, `least` is what an item takes at least. */
export function blockLoop(unit: CodeUnit, least: number, items: (count: string) => string): string {
  const [readBlock, words] = [unit.constant(wire.readBlock), unit.constant(wire.words)];
  const [count, blockEnd] = [unit.fresh(), unit.fresh()];
  return (
    `for (;;) { p = ${readBlock}(b, p, end, ${least}); if (p < 0) return p; ` +
    `const ${count} = ${words}[0], ${blockEnd} = ${words}[1]; if (${count} === 0) break;\n${items(count)}\n` +
    `if (${blockEnd} >= 0 && p !== ${blockEnd}) return -${wire.INVALID}; }`
  );
}

/** What one item of an array or map takes at least, in bytes; 0 only when it always takes none. */
export function leastBytes(node: AvroNode): number {
  return isZeroSize(node) ? 0 : (fixedSize(node) ?? 1);
}

/** Skips for the nodes of one schema, generated once each. */
export class Skips {
  readonly #made = new Map<AvroNode, { run: Skip | undefined }>();
  readonly #weights = new Map<AvroNode, number>();

  /** The function that passes one value of the node. */
  skipOf(node: AvroNode): Skip {
    const known = this.#made.get(node);
    if (known?.run) return known.run;
    const holder: { run: Skip | undefined } = { run: undefined };
    this.#made.set(node, holder);
    const unit = new Unit();
    // Not only for recursive records: named types can also be chained thousands deep without nesting in the schema's text.
    const guard = node.kind === 'record' ? `if (d > ${wire.MAX_RECURSION}) return -${wire.LIMIT};` : '';
    const body = this.#emitWhole(node, unit, guard === '' ? 'd' : 'd + 1');
    holder.run = unit.compile<Skip>(`function (b, p, end, d) { ${SCRATCH} ${guard}\n${body}\nreturn p; }`);
    return holder.run;
  }

  /** Statements that pass one value of the node; `depth` is the expression for the depth of recursion so far. */
  emit(node: AvroNode, unit: CodeUnit, depth: string): string {
    if (innerNodes(node).length === 0 || this.#weight(node) <= INLINE_WEIGHT) {
      return this.#emitWhole(node, unit, depth);
    }
    // A node that is being generated right now is reached through its holder once the code runs.
    const making = this.#made.get(node);
    const run = making && !making.run ? `${unit.constant(making)}.run` : unit.constant(this.skipOf(node));
    return `p = ${run}(b, p, end, ${depth}); if (p < 0) return p;`;
  }

  #emitWhole(node: AvroNode, unit: CodeUnit, depth: string): string {
    const size = fixedSize(node);
    if (size !== undefined) return size === 0 ? '' : passBytes(size);
    switch (node.kind) {
      case 'record':
        return this.#emitRecord(node, unit, depth);
      case 'union':
        return this.#emitUnion(node, unit, depth);
      case 'array':
        return this.#emitItems(node.items, unit, depth, false);
      case 'map':
        return this.#emitItems(node.values, unit, depth, true);
      default:
        return emitPrimitive(node, unit);
    }
  }

  #emitRecord(node: RecordNode, unit: CodeUnit, depth: string): string {
    const code: string[] = [];
    let run = 0;
    for (const field of node.fields) {
      const size = fixedSize(field.type);
      if (size !== undefined) {
        run += size;
        continue;
      }
      if (run > 0) code.push(passBytes(run));
      run = 0;
      code.push(this.emit(field.type, unit, depth));
    }
    if (run > 0) code.push(passBytes(run));
    return code.join('\n');
  }

  #emitUnion(node: UnionNode, unit: CodeUnit, depth: string): string {
    return switchCode(
      unit,
      node.branches.map((branch) => this.emit(branch, unit, depth)),
    );
  }

  #emitItems(item: AvroNode, unit: CodeUnit, depth: string, keyed: boolean): string {
    const size = fixedSize(item);
    if (!keyed && isZeroSize(item)) return blockLoop(unit, 0, () => '');
    if (!keyed && size !== undefined) return blockLoop(unit, size, (count) => `p += ${count} * ${size};`);
    const i = unit.fresh();
    const key = keyed ? emitPrimitive({ kind: 'string' }, unit) : '';
    return blockLoop(
      unit,
      keyed ? 1 : leastBytes(item),
      (count) => `for (let ${i} = 0; ${i} < ${count}; ${i}++) {\n${key}\n${this.emit(item, unit, depth)}\n}`,
    );
  }

  /** How many primitives a node's code would have; recursive nodes and those with such nodes inside weigh too much. */
  #weight(node: AvroNode): number {
    const known = this.#weights.get(node);
    if (known !== undefined) return known;
    this.#weights.set(node, Number.POSITIVE_INFINITY);
    let weight = 1;
    for (const inner of innerNodes(node)) weight += this.#weight(inner);
    this.#weights.set(node, weight);
    return weight;
  }
}

function passBytes(count: number): string {
  return `if (end - p < ${count}) return -${wire.TRUNCATED}; p += ${count};`;
}

function emitPrimitive(node: AvroNode, unit: CodeUnit): string {
  switch (node.kind) {
    case 'boolean':
      return READ_BOOLEAN;
    case 'int':
    case 'long': {
      const read = unit.constant(node.kind === 'int' ? wire.readInt : wire.readLong);
      return (
        `if (p >= end) return -${wire.TRUNCATED}; ` +
        `if (b[p++] > 127) { p = ${read}(b, p - 1, end); if (p < 0) return p; }`
      );
    }
    case 'enum':
      return readSymbolCode(unit, node.symbols.length);
    default:
      return `${readLengthCode(unit)} p += x;`;
  }
}
