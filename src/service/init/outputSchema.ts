/** The scored event that init proposes: who it is about, what the model says, which model said it and when. */
import { outputFieldSchema } from '../../avro/eventWriter.ts';
import { leafValueOf } from '../../avro/leafValue.ts';
import { type AvroNode, simpleName } from '../../avro/schema.ts';
import type { TensorType } from '../../pipeline/ports.ts';
import type { EventPlace } from '../eventPlaces.ts';

/** An output of the model as `model pack` names it. */
export interface NamedOutput {
  readonly name: string;
  readonly tensor: string;
  readonly column?: number | undefined;
  readonly type: TensorType;
}

export interface OutputPlan {
  /** JSON text of the schema. */
  readonly schema: string;
  readonly fields: readonly (readonly [field: string, source: string])[];
  /** The place of the event's own id and the time it happened, as a pipeline's file names them. */
  readonly id?: string;
  readonly time?: string;
  /** Further timestamps that were passed over. */
  readonly otherTimes: readonly string[];
}

const AVRO_TYPES: Readonly<Record<TensorType, string>> = {
  float32: 'double',
  float64: 'double',
  int32: 'int',
  int64: 'long',
  bool: 'boolean',
  string: 'string',
};

const ID_WORDS = new Set(['id', 'uuid', 'guid']);

export function planOutput(
  event: AvroNode,
  places: readonly EventPlace[],
  outputs: readonly NamedOutput[],
): OutputPlan {
  const ids = places.filter((place) => isIdentity(place));
  const id = ids.find(
    ({ nodes }) => leafValueOf(nodes[0]!)?.kind !== 'long' && leafValueOf(nodes[0]!)?.kind !== 'int',
  );
  const times = places.filter((place) => isTime(place));
  const time = times.find(({ nodes }) => logicalOf(nodes[0]!) === 'timestamp-millis') ?? times[0];
  const named = [
    ...ids.map(({ text, path }) => ({
      name: path.join('_'),
      type: outputFieldSchema(event, text),
      source: `event.${text}`,
    })),
    ...outputs.map(({ name, type }) => ({ name, type: AVRO_TYPES[type], source: `model.${name}` })),
    { name: 'model_version', type: 'string', source: 'model.version' },
    { name: 'scored_at', type: { type: 'long', logicalType: 'timestamp-millis' }, source: 'scored_at' },
  ];
  // What the model gives goes before what the event happens to call the same.
  const fields = named.filter(
    ({ name, source }) =>
      !source.startsWith('event.') || named.findLast((other) => other.name === name)?.source === source,
  );
  const [namespace, simple] = nameOf(event);
  const record = {
    type: 'record',
    name: `Scored${simple}`,
    ...(namespace === '' ? {} : { namespace }),
    fields: fields.map(({ name, type }) => ({ name, type })),
  };
  return {
    schema: `${JSON.stringify(record, null, 2)}\n`,
    fields: fields.map(({ name, source }) => [name, source]),
    ...(id === undefined ? {} : { id: id.text }),
    ...(time === undefined ? {} : { time: time.text }),
    otherTimes: times.filter((other) => other !== time).map(({ text }) => text),
  };
}

/** Whether a place holds what tells one thing from another: `id`, `customer_id`, `orderId`, always there. */
export function isIdentity({ path, nodes, nullable }: EventPlace): boolean {
  const last = path.at(-1);
  if (nullable || nodes.length !== 1 || path.some((step) => typeof step === 'number')) return false;
  const kind = leafValueOf(nodes[0]!)?.kind;
  if (kind !== 'text' && kind !== 'uuid' && kind !== 'long' && kind !== 'int') return false;
  if (logicalOf(nodes[0]!)?.includes('time')) return false;
  const words = String(last)
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split('_');
  return ID_WORDS.has(words.at(-1)!);
}

function isTime({ path, nodes }: EventPlace): boolean {
  const [node] = nodes;
  const isPlain = nodes.length === 1 && path.every((step) => typeof step === 'string');
  return isPlain && (logicalOf(node!)?.startsWith('timestamp') ?? false);
}

function logicalOf(node: AvroNode): string | undefined {
  return 'logical' in node ? node.logical?.kind : undefined;
}

function nameOf(event: AvroNode): [namespace: string, simple: string] {
  if (event.kind !== 'record') return ['', 'Event'];
  const simple = simpleName(event.name);
  return [event.name.slice(0, Math.max(0, event.name.length - simple.length - 1)), simple];
}
