/** The pipeline of config/card-fraud.yaml with topics, subjects and a group of its own, for one test. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Document, parseDocument } from 'yaml';
import { encodePayment, type Payment, transactionSchema } from './payments.ts';
import { createTopic, produce, registerSchema, sharedStack, uniqueName, withAdmin } from './stack.ts';

const EXAMPLE = new URL('../../config/card-fraud.yaml', import.meta.url);
const SCORED_SCHEMA = new URL('../../schemas/scored-transaction.avsc', import.meta.url);

/** Keys of the pipeline file by path, `batching.max_rows`; undefined removes one. */
export type Settings = Readonly<Record<string, unknown>>;

export interface Names {
  readonly input: string;
  readonly output: string;
  readonly deadLetter: string;
  readonly group: string;
}

export interface CardFraud extends Names {
  /** The pipeline file. */
  readonly file: string;
  /** Id of schemas/transaction.avsc in the registry, for frames. */
  readonly schemaId: number;
  /** Id of schemas/scored-transaction.avsc. */
  readonly scoredSchemaId: number;
  /** Writes another pipeline file with the same names. */
  fileWith(settings: Settings): string;
  /** Appends payments by their customer, as a producer of Java would. */
  send(values: readonly Payment[]): Promise<void>;
}

export interface CardFraudOptions {
  readonly partitions?: number;
  readonly outputPartitions?: number;
  readonly outputConfig?: Readonly<Record<string, string>>;
  /** Of all topics. Default: 1. */
  readonly replication?: number;
  readonly settings?: Settings;
}

export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-test-'));
  // A shell that was left may still write its history.
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  return folder;
}

export function freshNames(): Names {
  const input = uniqueName('payments');
  return { input, output: `${input}.scored`, deadLetter: `${input}.dead-letter`, group: `${input}-scorer` };
}

/** config/card-fraud.yaml with these names and settings. Without HTTP, because tests run side by side. */
export function cardFraudYaml(
  names: Names,
  stack: { brokers: readonly string[]; registryUrl: string },
  settings: Settings,
): string {
  const document = parseDocument(readFileSync(EXAMPLE, 'utf8'));
  const all: Settings = {
    'kafka.brokers': stack.brokers,
    'kafka.group': names.group,
    // The least that brokers allow: whoever takes over from a killed member waits for it.
    'kafka.session_timeout': '6s',
    'registry.url': stack.registryUrl,
    'input.topic': names.input,
    'output.topic': names.output,
    'dead_letter.topic': names.deadLetter,
    http: 'off',
    ...settings,
  };
  setKeys(document, all);
  return document.toString();
}

export function setKeys(document: Document, settings: Settings): void {
  for (const [path, value] of Object.entries(settings)) {
    const keys = path.split('.');
    if (value === undefined) document.deleteIn(keys);
    else document.setIn(keys, document.createNode(value));
  }
}

export async function newCardFraud(t: TestContext, options: CardFraudOptions = {}): Promise<CardFraud> {
  const { partitions = 3, outputPartitions = partitions, settings = {}, replication = 1 } = options;
  const config = options.outputConfig ?? {};
  const stack = await sharedStack();
  const names = freshNames();
  const folder = temporaryFolder(t);
  const write = (more: Settings) => {
    const file = join(folder, `${uniqueName('pipeline')}.yaml`);
    writeFileSync(file, cardFraudYaml(names, stack, { ...settings, ...more }));
    return file;
  };
  await createTopic(names.input, partitions, { replication });
  await createTopic(names.output, outputPartitions, { replication, config });
  await createTopic(names.deadLetter, 1, { replication });
  const schemaId = await registerSchema(`${names.input}-value`, transactionSchema);
  const scoredSchemaId = await registerSchema(`${names.output}-value`, readFileSync(SCORED_SCHEMA, 'utf8'));
  return {
    ...names,
    file: write({}),
    schemaId,
    scoredSchemaId,
    fileWith: write,
    send: (values) =>
      produce(
        names.input,
        values.map((value) => ({ key: value.customer_id, value: encodePayment(schemaId, value) })),
      ),
  };
}

/** How many records a topic holds, markers included. */
export async function countOf(topic: string, brokers?: readonly string[]): Promise<number> {
  const ends = await withAdmin((admin) => admin.fetchTopicOffsets(topic), brokers);
  return ends.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
}
