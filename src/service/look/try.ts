import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { encodeEvent } from '../../avro/encodeEvent.ts';
import type { SchemaLookup } from '../../avro/registry.ts';
import { Registry } from '../../avro/registry.ts';
import type { AvroNode } from '../../avro/schema.ts';
import type { PipelineConfig } from '../../config/pipelineConfig.ts';
import { TidemarkError } from '../../errors.ts';
import { unreadable } from '../../model/faults.ts';
import { type Block, SPAN_STRIDE, VALUE_END, VALUE_START } from '../../pipeline/ports.ts';
import { systemClock } from '../clock.ts';
import type { EventSchema } from '../subjects.ts';
import { openPreview } from './openPreview.ts';
import type { SeenEvent } from './preview.ts';

/** Any: no registry gives it out here. */
const SCHEMA_ID = 1;
const SHOWN_FAULTS = 10;

/**
 * What a pipeline makes of events given as JSON, in their order; see `parseEvents` for the forms. Asks the registry only when
 * the configuration has no `input.schema`, and Kafka never. Throws E-USAGE with what is wrong with the events.
 */
export async function tryEvents(config: PipelineConfig, events: readonly GivenEvent[]): Promise<SeenEvent[]> {
  const registry = new Registry(config.registry, systemClock);
  const opened = await openPreview(config, registry, onlySchema);
  try {
    return await opened.preview.look(blockOf(config.input.topic, events, opened.eventSchema.node));
  } finally {
    await opened.close();
  }
}

/** An event and where in its file it stands, for messages. */
export interface GivenEvent {
  readonly place: string;
  readonly json: unknown;
}

/** Reads events from a file, or from standard input for `-`. Throws E-USAGE. */
export async function readEvents(file: string, input: NodeJS.ReadableStream): Promise<GivenEvent[]> {
  if (file === '-') return parseEvents(await text(input), 'standard input');
  const content = await readFile(file, 'utf8').catch((cause) => {
    throw new TidemarkError('E-USAGE', `${file} ${unreadable(cause)}`, { cause });
  });
  return parseEvents(content, file);
}

/** Events as a JSON array, as one JSON object, or one object a line. Throws E-USAGE; `name` is for the message. */
export function parseEvents(content: string, name: string): GivenEvent[] {
  const whole = tryParse(content);
  if ('json' in whole && typeof whole.json === 'object' && whole.json !== null) {
    const list: readonly unknown[] = Array.isArray(whole.json) ? whole.json : [whole.json];
    if (list.length > 0) return list.map((json, at) => ({ place: `event ${at + 1} of ${name}`, json }));
  }
  // A list that cannot be read is one value over many lines: no line of it is at fault.
  if (/^\s*\[/.test(content) && 'fault' in whole) throw notJson(name, whole.fault);
  const events = content.split('\n').flatMap((line, at) => {
    if (line.trim() === '') return [];
    const place = `line ${at + 1} of ${name}`;
    const parsed = tryParse(line);
    if ('fault' in parsed) throw notJson(place, parsed.fault);
    return [{ place, json: parsed.json }];
  });
  if (events.length > 0 && !Array.isArray('json' in whole && whole.json)) return events;
  throw new TidemarkError('E-USAGE', `${name} holds no events: give a JSON array of them, or one a line`);
}

function notJson(what: string, fault: string): TidemarkError {
  return new TidemarkError(
    'E-USAGE',
    `${what} is no JSON (${fault}): give a JSON array of events, or one event a line`,
  );
}

function tryParse(content: string): { json: unknown } | { fault: string } {
  try {
    return { json: JSON.parse(content) };
  } catch (cause) {
    return { fault: (cause as Error).message };
  }
}

/** The events as a fetch would bring them: without key, one after the other, in partition 0. */
function blockOf(topic: string, events: readonly GivenEvent[], schema: AvroNode): Block {
  const values = encodeAll(events, schema);
  const spans = new Int32Array(values.length * SPAN_STRIDE).fill(-1);
  let end = 0;
  for (const [index, { length }] of values.entries()) {
    spans[index * SPAN_STRIDE + VALUE_START] = end;
    end += length;
    spans[index * SPAN_STRIDE + VALUE_END] = end;
  }
  return {
    lease: { topic, partition: 0, generation: 0, state: { kind: 'held' } },
    bytes: Buffer.concat(values),
    count: values.length,
    spans,
    offsets: Float64Array.from(values, (_, index) => index),
    timestamps: new Float64Array(values.length).fill(systemClock.now()),
    nextOffset: values.length,
    endOffset: values.length,
  };
}

function encodeAll(events: readonly GivenEvent[], schema: AvroNode): Uint8Array[] {
  const faults: string[] = [];
  const values = events.flatMap(({ place, json }) => {
    const encoded = encodeEvent(schema, SCHEMA_ID, json);
    if (encoded.kind === 'encoded') return [encoded.bytes];
    const { path, problem, expected } = encoded;
    faults.push(`${place}: ${path === '' ? '' : `${path}: `}${problem}; expected ${expected}`);
    return [];
  });
  if (faults.length === 0) return values;
  const more = faults.length > SHOWN_FAULTS ? [`and ${faults.length - SHOWN_FAULTS} more`] : [];
  throw new TidemarkError(
    'E-USAGE',
    ['the events are none of the schema:', ...faults.slice(0, SHOWN_FAULTS), ...more].join('\n  '),
  );
}

/** The registry of a pipeline all of whose events have one schema. */
function onlySchema({ text: schema, references }: EventSchema) {
  const found: SchemaLookup = { kind: 'schema', schema: { id: SCHEMA_ID, schema, references } };
  return { schemaById: async () => found };
}
