/** Random Avro schemas with values of them, and a plain encoder that writes arrays and maps in blocks of every kind. */
import avsc, { type Schema, type Type } from 'avsc';
import fc, { type GeneratorValue } from 'fast-check';

/** A schema as the tests think of it: apart from the one under test. */
export type Ast =
  | {
      kind: 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string';
      logical?: string;
      scale?: number;
    }
  | { kind: 'fixed'; name: string; size: number; logical?: string; scale?: number }
  | { kind: 'enum'; name: string; symbols: string[]; fallback?: string }
  | { kind: 'record'; name: string; fields: AstField[] }
  | { kind: 'array'; items: Ast }
  | { kind: 'map'; values: Ast }
  | { kind: 'union'; branches: Ast[] };
export interface AstField {
  name: string;
  type: Ast;
  default?: unknown;
  aliases?: string[];
}
export type RecordAst = Extract<Ast, { kind: 'record' }>;

export const KEYS = ['a', 'key two', '__proto__', 'ключ'];

export function toSchema(ast: Ast, defined = new Set<string>()): Schema {
  return jsonOf(ast, defined) as Schema;
}

function jsonOf(ast: Ast, defined: Set<string>): unknown {
  const logical = 'logical' in ast && ast.logical ? { logicalType: ast.logical } : {};
  const decimal = 'scale' in ast && ast.scale !== undefined ? { precision: 60, scale: ast.scale } : {};
  switch (ast.kind) {
    case 'array':
      return { type: 'array', items: jsonOf(ast.items, defined) };
    case 'map':
      return { type: 'map', values: jsonOf(ast.values, defined) };
    case 'union':
      return ast.branches.map((branch) => jsonOf(branch, defined));
    case 'fixed':
    case 'enum':
    case 'record': {
      if (defined.has(ast.name)) return ast.name;
      defined.add(ast.name);
      const { name } = ast;
      if (ast.kind === 'fixed') return { type: 'fixed', name, size: ast.size, ...logical, ...decimal };
      if (ast.kind === 'enum') {
        return { type: 'enum', name, symbols: ast.symbols, ...(ast.fallback && { default: ast.fallback }) };
      }
      const fields = ast.fields.map(({ type, ...field }) => ({ ...field, type: jsonOf(type, defined) }));
      return { type: 'record', name, fields };
    }
    default:
      return ast.logical ? { type: ast.kind, ...logical, ...decimal } : ast.kind;
  }
}

/** Longs as BigInt, exact over 64 bits. */
const LONG = avsc.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: (value: number) => BigInt(value),
  toJSON: (value: bigint) => Number(value),
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
} as never);

/** avsc's type, unions always wrapped ({ branch: value }), longs as BigInt. */
export function avscType(schema: unknown): Type {
  return avsc.Type.forSchema(bare(schema) as Schema, { wrapUnions: true, registry: { long: LONG } } as never);
}

/** avsc takes its long type from the registry only where a long is written without attributes. */
function bare(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(bare);
  if (typeof schema !== 'object' || schema === null) return schema;
  const object = schema as Record<string, unknown>;
  if (object.type === 'long') return 'long';
  const { fields, items, values, type } = object;
  return {
    ...object,
    ...(typeof type === 'object' && { type: bare(type) }),
    ...(items !== undefined && { items: bare(items) }),
    ...(values !== undefined && { values: bare(values) }),
    ...(Array.isArray(fields) && { fields: fields.map((field) => ({ ...field, type: bare(field.type) })) }),
  };
}

export class RandomAvro {
  readonly #g: GeneratorValue;
  #names = 0;

  constructor(g: GeneratorValue) {
    this.#g = g;
  }

  #int(min: number, max: number): number {
    return this.#g(fc.integer, { min, max });
  }

  pick<T>(items: readonly T[]): T {
    return items[this.#int(0, items.length - 1)]!;
  }

  record(depth: number, above: RecordAst[] = []): RecordAst {
    const node: RecordAst = { kind: 'record', name: `R${this.#names++}`, fields: [] };
    const count = this.#int(depth === 3 ? 1 : 0, 5);
    for (let i = 0; i < count; i++) {
      node.fields.push({ name: `f${i}`, type: this.type(depth - 1, [...above, node]) });
    }
    return node;
  }

  type(depth: number, above: RecordAst[]): Ast {
    const choice = this.#int(0, depth > 0 ? 9 : 3);
    if (choice <= 3) return this.#scalar();
    if (choice === 4) return { kind: 'array', items: this.type(depth - 1, above) };
    if (choice === 5) return { kind: 'map', values: this.type(depth - 1, above) };
    if (choice === 6) return this.record(depth, above);
    if (choice === 7 && above.length > 0) return this.#recursion(above);
    return this.#union(depth, above);
  }

  #recursion(above: RecordAst[]): Ast {
    const record = this.pick(above);
    return this.pick<Ast>([
      { kind: 'union', branches: [{ kind: 'null' }, record] },
      { kind: 'array', items: record },
      { kind: 'map', values: record },
    ]);
  }

  #union(depth: number, above: RecordAst[]): Ast {
    const branches: Ast[] = [];
    const seen = new Set<string>();
    for (let i = this.#int(1, 4); i > 0; i--) {
      const branch = this.#int(0, 3) === 0 ? { kind: 'null' as const } : this.type(depth - 1, above);
      const key = 'name' in branch ? branch.name : branch.kind;
      if (branch.kind === 'union' || seen.has(key)) continue;
      seen.add(key);
      branches.push(branch);
    }
    return branches.length > 0 ? { kind: 'union', branches } : this.#scalar();
  }

  #scalar(): Ast {
    const name = `N${this.#names++}`;
    return this.pick<() => Ast>([
      () => ({ kind: 'null' }),
      () => ({ kind: 'boolean' }),
      () => ({ kind: 'int' }),
      () => ({ kind: 'int', logical: 'date' }),
      () => ({ kind: 'long' }),
      () => ({
        kind: 'long',
        logical: this.pick(['timestamp-millis', 'timestamp-micros', 'local-timestamp-nanos']),
      }),
      () => ({ kind: 'float' }),
      () => ({ kind: 'double' }),
      () => ({ kind: 'string' }),
      () => ({ kind: 'bytes' }),
      () => ({ kind: 'bytes', logical: 'decimal', scale: this.#int(0, 6) }),
      () => ({ kind: 'fixed', name, size: this.#int(0, 20) }),
      () => ({ kind: 'fixed', name, size: this.#int(1, 6), logical: 'decimal', scale: this.#int(0, 4) }),
      () => ({ kind: 'fixed', name, size: 16, logical: 'uuid' }),
      () => ({ kind: 'fixed', name, size: 12, logical: 'duration' }),
      () => ({ kind: 'enum', name, symbols: ['RED', 'GREEN', 'BLUE'].slice(0, this.#int(1, 3)) }),
    ])();
  }

  /** A value as avsc holds it. */
  value(ast: Ast, depth = 4): unknown {
    switch (ast.kind) {
      case 'null':
        return null;
      case 'boolean':
        return this.#g(fc.boolean);
      case 'int':
        return this.pick([0, -1, 63, 64, 1, this.#int(-(2 ** 31), 2 ** 31 - 1), this.#int(-9999, 9999)]);
      case 'long':
        return this.pick([
          0n,
          -64n,
          BigInt(this.#int(-(2 ** 31), 2 ** 31 - 1)),
          this.#g(fc.bigInt, { min: -(2n ** 63n), max: 2n ** 63n - 1n }),
          1_700_000_000_123n,
        ]);
      case 'float':
        return this.#g(fc.float);
      case 'double':
        return this.#g(fc.double);
      case 'string':
        return this.pick(['', 'web', 'RED', this.#g(fc.string, { unit: 'grapheme', maxLength: 90 })]);
      case 'bytes':
        return Buffer.from(this.#g(fc.uint8Array, { maxLength: 10 }));
      case 'fixed':
        return Buffer.from(this.#g(fc.uint8Array, { minLength: ast.size, maxLength: ast.size }));
      case 'enum':
        return this.pick(ast.symbols);
      case 'record':
        return Object.fromEntries(ast.fields.map(({ name, type }) => [name, this.value(type, depth - 1)]));
      case 'array':
        return Array.from({ length: depth > 0 ? this.#int(0, 3) : 0 }, () =>
          this.value(ast.items, depth - 1),
        );
      case 'map': {
        const keys = depth > 0 ? KEYS.filter(() => this.#g(fc.boolean)) : [];
        return Object.fromEntries(keys.map((key) => [key, this.value(ast.values, depth - 1)]));
      }
      case 'union': {
        const small = ast.branches.filter((branch) => branch.kind === 'null');
        const branch = this.pick(depth > 0 || small.length === 0 ? ast.branches : small);
        return branch.kind === 'null' ? null : { [branchName(branch)]: this.value(branch, depth - 1) };
      }
    }
  }

  /** Encodes a value; arrays and maps in several blocks, with and without their size. */
  encode(ast: Ast, value: unknown): Buffer {
    switch (ast.kind) {
      case 'array':
        return this.#blocks((value as unknown[]).map((item) => this.encode(ast.items, item)));
      case 'map':
        return this.#blocks(
          Object.entries(value as object).map(([key, item]) =>
            Buffer.concat([sized(Buffer.from(key)), this.encode(ast.values, item)]),
          ),
        );
      case 'record':
        return Buffer.concat(
          ast.fields.map(({ name, type }) => this.encode(type, (value as Record<string, unknown>)[name])),
        );
      case 'union': {
        if (value === null) return long(BigInt(ast.branches.findIndex((branch) => branch.kind === 'null')));
        const [name, inner] = Object.entries(value as object)[0]!;
        const index = ast.branches.findIndex((branch) => branchName(branch) === name);
        return Buffer.concat([long(BigInt(index)), this.encode(ast.branches[index]!, inner)]);
      }
      default:
        return encodeScalar(ast, value);
    }
  }

  #blocks(items: readonly Buffer[]): Buffer {
    const parts: Buffer[] = [];
    for (let i = 0; i < items.length; ) {
      const count = this.#int(1, items.length - i);
      const body = Buffer.concat(items.slice(i, i + count));
      const head = this.#g(fc.boolean)
        ? [long(BigInt(count))]
        : [long(BigInt(-count)), long(BigInt(body.length))];
      parts.push(...head, body);
      i += count;
    }
    return Buffer.concat([...parts, long(0n)]);
  }
}

export function branchName(ast: Ast): string {
  return 'name' in ast ? ast.name : ast.kind;
}

export function long(value: bigint): Buffer {
  let zigzag = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  while (zigzag > 127n) {
    bytes.push(Number(zigzag & 127n) | 128);
    zigzag >>= 7n;
  }
  return Buffer.from([...bytes, Number(zigzag)]);
}

export function sized(bytes: Buffer): Buffer {
  return Buffer.concat([long(BigInt(bytes.length)), bytes]);
}

function encodeScalar(ast: Ast, value: unknown): Buffer {
  const type = avscType(toSchema(ast));
  return type.toBuffer(value);
}

export function framed(body: Buffer): Uint8Array {
  return new Uint8Array(Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), body]));
}
