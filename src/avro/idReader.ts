import type { FeaturePlan, FieldPath, InputBuffer, RowTarget } from '../pipeline/ports.ts';
import type { AvroNode } from './schema.ts';

/** Reads one framed event into a row, as RowReader.read does. */
type Read = (b: Uint8Array, start: number, end: number, row: number, target: RowTarget) => number;

/** Compiles a reader for a single feature; undefined when the schema cannot serve it. */
export type CompileFeature = (schema: AvroNode, feature: FeaturePlan) => Read | undefined;

/** Gives the text of the field at `path` of a framed event, or undefined when it cannot be read. */
export type IdReader = (bytes: Uint8Array, start: number, end: number) => string | undefined;

/**
 * Compiles the reader of an event's id: a string, enum or UUID as its text, an int or long in digits. An event that breaks
 * off or is invalid behind its id still gives the id, since that is what people look for a rejected event by.
 */
export function idReaderOf(schema: AvroNode, path: FieldPath, compileFeature: CompileFeature): IdReader {
  const feature = idFeature(path);
  const text = compileFeature(schema, { ...feature, type: 'string' });
  if (text) return textReader(text);
  const whole = compileFeature(schema, { ...feature, type: 'int64' });
  return whole ? wholeReader(whole) : () => undefined;
}

/** The id as the reader of a row knows it, but for its type. */
export function idFeature(path: FieldPath): Omit<FeaturePlan, 'type'> {
  return { name: 'id', path, input: 0, column: 0, missing: 'reject', unknown: 'reject' };
}

function textReader(read: Read): IdReader {
  const values: string[] = [];
  const target = targetOf({ name: 'id', columns: 1, type: 'string', values });
  return (bytes, start, end) => {
    values.length = 0;
    read(bytes, start, end, 0, target);
    return values[0];
  };
}

function wholeReader(read: Read): IdReader {
  const words = new BigInt64Array(1);
  // The least long stands for "not read": no producer counts its ids down to it.
  const unread = -(2n ** 63n);
  const values = new Int32Array(words.buffer);
  const target = targetOf({ name: 'id', columns: 1, type: 'int64', values });
  return (bytes, start, end) => {
    words[0] = unread;
    read(bytes, start, end, 0, target);
    return words[0] === unread ? undefined : String(words[0]);
  };
}

function targetOf(input: InputBuffer): RowTarget {
  return {
    inputs: [input],
    spans: new Int32Array(0),
    side: { bytes: new Uint8Array(0), length: 0 },
    eventTimes: new Float64Array(1),
    missing: new Uint32Array(1),
    unknown: new Uint32Array(1),
  };
}
