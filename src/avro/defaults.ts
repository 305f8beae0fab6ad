import type { ByteBuffer } from '../pipeline/ports.ts';
import { append, appendLong, newByteBuffer } from './byteBuffer.ts';
import type { AvroNode, FixedNode, RecordNode, UnionNode } from './schema.ts';

/** Defaults may fill fields by defaults of their own; a chain longer than this has no end. */
const MAX_DEFAULT_DEPTH = 64;

/** A default value (JSON, as Avro schemas write them) in Avro's binary form; undefined when it is no value of the node. */
export function encodeDefault(node: AvroNode, value: unknown): Uint8Array | undefined {
  const out = newByteBuffer(64);
  return encode(node, value, out, 0) ? out.bytes.slice(0, out.length) : undefined;
}

function encode(node: AvroNode, value: unknown, out: ByteBuffer, depth: number): boolean {
  if (depth > MAX_DEFAULT_DEPTH) return false;
  switch (node.kind) {
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean' && appendByte(out, value ? 1 : 0);
    case 'int':
      return typeof value === 'number' && (value | 0) === value && appendWhole(out, value);
    case 'long':
      return typeof value === 'number' && Number.isSafeInteger(value) && appendWhole(out, value);
    case 'float':
    case 'double':
      return appendFloating(out, value, node.kind === 'float');
    case 'string':
      return typeof value === 'string' && appendSized(out, Buffer.from(value));
    case 'bytes':
      return isByteText(value) && appendSized(out, Buffer.from(value, 'latin1'));
    case 'fixed':
      return encodeFixed(node, value, out);
    case 'enum':
      return (
        typeof value === 'string' &&
        node.symbols.includes(value) &&
        appendWhole(out, node.symbols.indexOf(value))
      );
    case 'array':
      return (
        Array.isArray(value) && encodeItems(value, (item) => encode(node.items, item, out, depth + 1), out)
      );
    case 'map':
      return (
        isObject(value) &&
        encodeItems(
          Object.entries(value),
          ([key, item]) => appendSized(out, Buffer.from(key)) && encode(node.values, item, out, depth + 1),
          out,
        )
      );
    case 'record':
      return encodeRecord(node, value, out, depth);
    case 'union':
      return encodeUnion(node, value, out, depth);
  }
}

/** The first branch that takes the value: Avro 1.12 allows any, older versions the first only. */
function encodeUnion(node: UnionNode, value: unknown, out: ByteBuffer, depth: number): boolean {
  const start = out.length;
  for (const [index, branch] of node.branches.entries()) {
    out.length = start;
    if (appendWhole(out, index) && encode(branch, value, out, depth + 1)) return true;
  }
  return false;
}

function encodeRecord(node: RecordNode, value: unknown, out: ByteBuffer, depth: number): boolean {
  if (!isObject(value)) return false;
  return node.fields.every((field) => {
    const given = Object.hasOwn(value, field.name) ? value[field.name] : field.default;
    return given !== undefined && encode(field.type, given, out, depth + 1);
  });
}

function encodeItems<T>(items: readonly T[], encodeItem: (item: T) => boolean, out: ByteBuffer): boolean {
  if (items.length > 0) appendLong(out, items.length);
  return items.every(encodeItem) && appendWhole(out, 0);
}

function encodeFixed(node: FixedNode, value: unknown, out: ByteBuffer): boolean {
  if (!isByteText(value) || value.length !== node.size) return false;
  append(out, Buffer.from(value, 'latin1'), 0, node.size);
  return true;
}

function appendFloating(out: ByteBuffer, value: unknown, float: boolean): boolean {
  if (typeof value !== 'number') return false;
  const bytes = Buffer.alloc(float ? 4 : 8);
  if (float) bytes.writeFloatLE(value);
  else bytes.writeDoubleLE(value);
  append(out, bytes, 0, bytes.length);
  return true;
}

function appendSized(out: ByteBuffer, bytes: Uint8Array): boolean {
  appendLong(out, bytes.length);
  append(out, bytes, 0, bytes.length);
  return true;
}

function appendWhole(out: ByteBuffer, value: number): boolean {
  appendLong(out, value);
  return true;
}

function appendByte(out: ByteBuffer, byte: number): boolean {
  append(out, Uint8Array.of(byte), 0, 1);
  return true;
}

function isByteText(value: unknown): value is string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Avro writes default bytes as the code points 0 to 255.
  return typeof value === 'string' && /^[\u0000-\u00ff]*$/.test(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
