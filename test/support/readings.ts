/**
 * A pipeline of another shape than the demo's: nested, optional, enum and repeated fields, categories and ranges, a model
 * packed for the test. Its score is sigmoid(0.5 a - 1.25 b + 2 c + 0.125 d - 0.75).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import avro from 'avsc';
import { Document, stringify } from 'yaml';
import { packFixture } from '../model/fixtures.ts';
import { freshNames, type Names, type Settings, setKeys, temporaryFolder } from './cardFraud.ts';
import { createTopic, framed, registerSchema, sharedStack, uniqueName } from './stack.ts';

export interface Reading {
  readonly id: string;
  readonly sensor: { readonly a: number | null; readonly b: number };
  readonly channel: 'web' | 'pos' | 'atm' | 'fax';
  readonly history: readonly number[];
  readonly note: string | null;
}

export const readingSchema = {
  type: 'record',
  name: 'Reading',
  namespace: 'test',
  fields: [
    { name: 'id', type: 'string' },
    {
      name: 'sensor',
      type: {
        type: 'record',
        name: 'Sensor',
        fields: [
          { name: 'a', type: ['null', 'double'], default: null },
          { name: 'b', type: 'double' },
        ],
      },
    },
    { name: 'channel', type: { type: 'enum', name: 'Channel', symbols: ['web', 'pos', 'atm', 'fax'] } },
    { name: 'history', type: { type: 'array', items: 'double' } },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
};
/** Another record type in the same topic. */
const noticeSchema = {
  type: 'record',
  name: 'Notice',
  namespace: 'test',
  fields: [{ name: 'text', type: 'string' }],
};
const scoredReadingSchema = {
  type: 'record',
  name: 'ScoredReading',
  namespace: 'test',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'note', type: ['null', 'string'], default: null },
    { name: 'score', type: 'double' },
  ],
};
const readingType = avro.Type.forSchema(readingSchema as avro.Schema);
const noticeType = avro.Type.forSchema(noticeSchema as avro.Schema);

const FEATURES = [
  'a',
  { name: 'b', min: 0, max: 10 },
  { name: 'c', categories: ['web', 'pos', 'atm'], unknown: 'reject' },
  { name: 'd', missing: 'nan' },
];
const CATEGORIES = ['web', 'pos', 'atm'];

export function reading(id: string, changes: Partial<Reading> = {}): Reading {
  return { id, sensor: { a: 1.5, b: 2 }, channel: 'pos', history: [3, 4], note: null, ...changes };
}

/** What the model gives, by hand. */
export function readingScore({ sensor, channel, history }: Reading): number {
  const logit =
    0.5 * sensor.a! - 1.25 * sensor.b + 2 * CATEGORIES.indexOf(channel) + 0.125 * history[0]! - 0.75;
  return 1 / (1 + Math.exp(-logit));
}

export interface Readings extends Names {
  readonly file: string;
  readonly schemaId: number;
  readonly noticeId: number;
  encode(value: Reading): Buffer;
  encodeNotice(text: string): Buffer;
}

export interface ReadingsOptions {
  readonly partitions?: number;
  /** Of test/fixtures/models. */
  readonly model?: string;
  /** Feature rows a, b, c, d that the model package is verified with. Default: drawn ones. */
  readonly golden?: readonly (readonly (number | string)[])[];
  readonly outputConfig?: Readonly<Record<string, string>>;
  /** What the pipeline is written against, in a file. Default: the registry's. */
  readonly readerSchema?: object;
  /** Of the pipeline file, by path. */
  readonly keys?: Settings;
}

export async function newReadings(t: TestContext, options: ReadingsOptions = {}): Promise<Readings> {
  const { partitions = 1, model = 'linear', outputConfig = {}, keys = {} } = options;
  const { brokers, registryUrl } = await sharedStack();
  const names = freshNames();
  const folder = temporaryFolder(t);
  const written = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const features = written('features.yaml', stringify(FEATURES));
  const golden = options.golden && { golden: written('rows.json', JSON.stringify(options.golden)) };
  const packed = await packFixture(folder, { model, features, ...golden });
  const document = new Document({
    pipeline: 'readings',
    kafka: { brokers, group: names.group, session_timeout: '6s' },
    registry: { url: registryUrl },
    input: { topic: names.input, id: 'id', records: ['Reading'] },
    model: { package: packed.folder },
    features: { a: 'sensor.a', b: 'sensor.b', c: 'channel', d: 'history[0]' },
    output: {
      topic: names.output,
      schema: written('scored-reading.avsc', JSON.stringify(scoredReadingSchema)),
      register: true,
      fields: { id: 'event.id', note: 'event.note', score: 'model.score' },
    },
    dead_letter: { topic: names.deadLetter },
    http: 'off',
  });
  const { readerSchema } = options;
  if (readerSchema !== undefined) {
    document.setIn(['input', 'schema'], written('reading.avsc', JSON.stringify(readerSchema)));
  }
  setKeys(document, keys);
  await createTopic(names.input, partitions);
  await createTopic(names.output, partitions, { config: { ...outputConfig } });
  await createTopic(names.deadLetter, 1);
  const schemaId = await registerSchema(`${names.input}-value`, readingSchema);
  const noticeId = await registerSchema(`${uniqueName('notices')}-value`, noticeSchema);
  return {
    ...names,
    file: written('pipeline.yaml', document.toString()),
    schemaId,
    noticeId,
    encode: (value) => framed(schemaId, readingType.toBuffer(value)),
    encodeNotice: (text) => framed(noticeId, noticeType.toBuffer({ text })),
  };
}
