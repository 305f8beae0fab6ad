import type { ByteBuffer } from '../pipeline/ports.ts';
import { append, appendLong, newByteBuffer } from './byteBuffer.ts';
import { encodeDefault } from './defaults.ts';
import { frameOf } from './framing.ts';
import { type AvroNode, isNamed, type RecordNode, simpleName, typeName, type UnionNode } from './schema.ts';

/** A value that is none of its schema's. */
export interface EventFault {
  /** Where in the event, `mean.radius`; empty for the event as a whole. */
  readonly path: string;
  readonly problem: string;
  readonly expected: string;
}

export type EncodedEvent =
  | { readonly kind: 'encoded'; readonly bytes: Uint8Array }
  | ({ readonly kind: 'unfit' } & EventFault);

/**
 * An event as JSON in Confluent framing. The JSON is Avro's own encoding (`{"double": 1.5}` for a union's value) or has the
 * values of unions as they are; both may be mixed. A field left out takes its default. Longs beyond 2^53 are digits in quotes,
 * NaN and the infinities are texts, bytes are texts of the code points 0 to 255.
 */
export function encodeEvent(schema: AvroNode, schemaId: number, json: unknown): EncodedEvent {
  const out = newByteBuffer(256);
  const frame = frameOf(schemaId);
  append(out, frame, 0, frame.length);
  const fault = encode(schema, json, out, '');
  return fault === undefined
    ? { kind: 'encoded', bytes: out.bytes.slice(0, out.length) }
    : { kind: 'unfit', ...fault };
}

function encode(node: AvroNode, value: unknown, out: ByteBuffer, path: string): EventFault | undefined {
  switch (node.kind) {
    case 'record':
      return encodeRecord(node, value, out, path);
    case 'union':
      return encodeUnion(node, value, out, path);
    case 'array': {
      if (!Array.isArray(value)) return unfit(node, value, path);
      const items = value.entries();
      return encodeItems(value.length, items, out, ([at, item]) =>
        encode(node.items, item, out, `${path}[${at}]`),
      );
    }
    case 'map': {
      if (!isObject(value)) return unfit(node, value, path);
      const entries = Object.entries(value);
      return encodeItems(entries.length, entries, out, ([key, item]) => {
        appendScalar({ kind: 'string' }, key, out);
        return encode(node.values, item, out, `${path}[${JSON.stringify(key)}]`);
      });
    }
    default:
      return appendScalar(node, value, out) ? undefined : unfit(node, value, path);
  }
}

function encodeRecord(
  node: RecordNode,
  value: unknown,
  out: ByteBuffer,
  path: string,
): EventFault | undefined {
  if (!isObject(value)) return unfit(node, value, path);
  const names = node.fields.map(({ name }) => name);
  const unknown = Object.keys(value).find((key) => !names.includes(key));
  if (unknown !== undefined) {
    const problem = `${typeName(node)} has no such field`;
    return { path: within(path, unknown), problem, expected: `one of ${names.join(', ')}` };
  }
  for (const field of node.fields) {
    const place = within(path, field.name);
    const given = value[field.name];
    const bytes =
      given === undefined && field.default !== undefined
        ? encodeDefault(field.type, field.default)
        : undefined;
    if (bytes !== undefined) append(out, bytes, 0, bytes.length);
    else if (given === undefined) {
      return { path: place, problem: 'is missing and has no default', expected: typeName(field.type) };
    } else {
      const fault = encode(field.type, given, out, place);
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

/** A value that names its branch is of that branch; any other is of the first branch that takes it. */
function encodeUnion(node: UnionNode, value: unknown, out: ByteBuffer, path: string): EventFault | undefined {
  const named = namedBranch(node, value);
  const faults: EventFault[] = [];
  for (const [index, branch] of node.branches.entries()) {
    const start = out.length;
    const inner = named?.index === index ? named.value : value;
    if (named !== undefined && named.index !== index) continue;
    appendLong(out, index);
    const fault = encode(branch, inner, out, path);
    if (fault === undefined) return undefined;
    faults.push(fault);
    out.length = start;
  }
  // What was meant is most likely the branch whose fault lies deepest.
  const deepest = faults.reduce((best, fault) => (fault.path.length > best.path.length ? fault : best));
  return named !== undefined || deepest.path !== path ? deepest : unfit(node, value, path);
}

function namedBranch(node: UnionNode, value: unknown): { index: number; value: unknown } | undefined {
  if (!isObject(value)) return undefined;
  const [[name, inner] = [undefined, undefined], ...more] = Object.entries(value);
  if (name === undefined || more.length > 0) return undefined;
  const index = node.branches.findIndex((branch) =>
    isNamed(branch) ? branch.name === name || simpleName(branch.name) === name : branch.kind === name,
  );
  // A record of one field that bears its own type's name is told apart by what is in it.
  if (index < 0 || (typeof inner !== 'object' && ['record', 'map'].includes(node.branches[index]!.kind)))
    return undefined;
  return { index, value: inner };
}

function encodeItems<T>(
  count: number,
  items: Iterable<T>,
  out: ByteBuffer,
  encodeItem: (item: T) => EventFault | undefined,
): EventFault | undefined {
  if (count > 0) appendLong(out, count);
  for (const item of items) {
    const fault = encodeItem(item);
    if (fault !== undefined) return fault;
  }
  appendLong(out, 0);
  return undefined;
}

const NOT_FINITE: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

function appendScalar(node: AvroNode, value: unknown, out: ByteBuffer): boolean {
  if (node.kind === 'long' && typeof value === 'string') return appendDigits(value, out);
  const isFloating = node.kind === 'float' || node.kind === 'double';
  const number = isFloating && typeof value === 'string' ? NOT_FINITE[value] : undefined;
  const bytes = encodeDefault(node, number ?? value);
  if (bytes === undefined) return false;
  append(out, bytes, 0, bytes.length);
  return true;
}

/** A long in digits, which JSON's numbers hold up to 2^53 only. */
function appendDigits(text: string, out: ByteBuffer): boolean {
  if (!/^-?[0-9]{1,19}$/.test(text)) return false;
  const value = BigInt(text);
  if (BigInt.asIntN(64, value) !== value) return false;
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  append(out, Uint8Array.from(bytes), 0, bytes.length);
  return true;
}

const SHOWN_CHARACTERS = 40;

function unfit(node: AvroNode, value: unknown, path: string): EventFault {
  const text = JSON.stringify(value) ?? 'nothing';
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
  return { path, problem: `${shown} is no ${node.kind}`, expected: typeName(node) };
}

function within(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
