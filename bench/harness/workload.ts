/** A pipeline of any width: its events, schemas, model package and configuration, so that one thing at a time can be varied. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import avro from 'avsc';
import { Random } from 'random';
import { stringify } from 'yaml';
import { frameOf } from '../../src/avro/framing.ts';
import { pack } from '../../src/model/pack.ts';
import { EVENTS, type KeyedEvent } from './memoryBlocks.ts';
import { type ModelKind, onnxModel } from './onnx.ts';

export interface Workload {
  /** Features, each a double of the event. */
  readonly columns: number;
  /** Of a field that the scored event carries as it came. */
  readonly payloadBytes: number;
  /** Rows of a batch at most. */
  readonly maxRows: number;
  readonly model: ModelKind;
}

const KEYS = 5_000;
/** So many bytes of events at most: wide ones are fewer, and still more than the processor's caches hold. */
const BYTES = 64 * 1024 * 1024;
const BYTES_PER_COLUMN = 8;
const SEED = 'bench events';
/** More than seven batches of the widest events: what is measured is the work, not the bound on what is in hand. */
const MAX_IN_FLIGHT = '256MiB';
const TIMESTAMP = { type: 'long', logicalType: 'timestamp-millis' };

/** Bytes of an event, about. */
export function eventBytes({ columns, payloadBytes }: Workload): number {
  return columns * BYTES_PER_COLUMN + payloadBytes + 32;
}

/** Writes what a pipeline of this workload is made of. @returns its configuration's file */
export async function writeWorkload(folder: string, workload: Workload): Promise<string> {
  const { columns, model, maxRows } = workload;
  mkdirSync(folder, { recursive: true });
  const put = (name: string, content: string | Uint8Array) => {
    const file = join(folder, name);
    writeFileSync(file, content);
    return file;
  };
  const onnx = put('model.onnx', onnxModel(model, columns));
  const features = featureNames(columns).join(',');
  const out = join(folder, 'models');
  const asked = { file: onnx, name: model, version: '1.0.0', features, score: 'score', outputs: [] };
  const { folder: packed } = await pack({ ...asked, out, force: false });
  const config = configOf({
    eventSchema: put('event.avsc', JSON.stringify(eventSchema(columns))),
    outputSchema: put('scored.avsc', JSON.stringify(SCORED)),
    packed,
    maxRows,
  });
  return put('pipeline.yaml', stringify(config));
}

interface Files {
  readonly eventSchema: string;
  readonly outputSchema: string;
  readonly packed: string;
  readonly maxRows: number;
}

function configOf({ eventSchema, outputSchema, packed, maxRows }: Files): object {
  return {
    pipeline: 'bench',
    kafka: { brokers: 'localhost:9092', group: 'bench' },
    registry: { url: 'http://localhost:8081' },
    input: { topic: 'events', schema: eventSchema, id: 'id', time: 'event_time' },
    model: { package: packed },
    decision: { on: 'score', rules: [{ at_least: 0.9, is: 'block' }, { is: 'allow' }] },
    output: {
      topic: 'events.scored',
      schema: outputSchema,
      fields: {
        id: 'event.id',
        event_time: 'event.event_time',
        payload: 'event.payload',
        score: 'model.score',
        decision: 'decision',
        scored_at: 'scored_at',
      },
    },
    batching: { max_rows: maxRows, max_in_flight: MAX_IN_FLIGHT },
    dead_letter: { topic: 'events.dead-letter' },
  };
}

const SCORED = {
  type: 'record',
  name: 'Scored',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'event_time', type: TIMESTAMP },
    { name: 'payload', type: 'bytes' },
    { name: 'score', type: 'float' },
    { name: 'decision', type: { type: 'enum', name: 'Decision', symbols: ['block', 'allow'] } },
    { name: 'scored_at', type: TIMESTAMP },
  ],
};

function eventSchema(columns: number): object {
  return {
    type: 'record',
    name: 'Event',
    fields: [
      { name: 'id', type: 'string' },
      { name: 'event_time', type: TIMESTAMP },
      { name: 'payload', type: 'bytes' },
      ...featureNames(columns).map((name) => ({ name, type: 'double' })),
    ],
  };
}

function featureNames(columns: number): string[] {
  return Array.from({ length: columns }, (_, column) => `f${column}`);
}

/** Framed events of standard normal columns, the same each time. */
export function* workloadEvents(workload: Workload, schemaId: number): Generator<KeyedEvent> {
  const { columns, payloadBytes } = workload;
  const type = avro.Type.forSchema(eventSchema(columns) as avro.Schema);
  const random = new Random(SEED);
  const draw = random.normal(0, 1);
  const names = featureNames(columns);
  const frame = frameOf(schemaId);
  const payload = Buffer.alloc(payloadBytes, 'carried as it came ');
  const count = Math.min(EVENTS, Math.floor(BYTES / eventBytes(workload)));
  for (let index = 0; index < count; index++) {
    const event: Record<string, unknown> = { id: `e${index}`, event_time: Date.now(), payload };
    for (const name of names) event[name] = draw();
    yield {
      key: Buffer.from(`k${index % KEYS}`),
      value: Buffer.concat([frame, type.toBuffer(event)]),
    };
  }
}
