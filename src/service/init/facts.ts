/** What init looks at before it proposes anything: the model's file, the events' schema, the topic. */
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { parseSchemaText } from '../../avro/parseSchema.ts';
import { Registry, type SubjectVersion } from '../../avro/registry.ts';
import { type AvroNode, typeName } from '../../avro/schema.ts';
import { schemaJson } from '../../avro/schemaJson.ts';
import { parseConfig } from '../../config/load.ts';
import { nearestWord } from '../../config/nearest.ts';
import type { PipelineConfig } from '../../config/pipelineConfig.ts';
import { within } from '../../deadlines/within.ts';
import { asTidemarkError, TidemarkError } from '../../errors.ts';
import { describe, type ModelDescription } from '../../model/describe.ts';
import { unreadable } from '../../model/faults.ts';
import { newTopicReader } from '../client.ts';
import { systemClock } from '../clock.ts';
import { type EventPlace, eventPlaces } from '../eventPlaces.ts';
import { rowsFault } from './columns.ts';
import { pipelineText } from './pipelineText.ts';
import type { InitRequest } from './request.ts';

export interface InitFacts {
  readonly model: ModelDescription;
  readonly event: {
    readonly node: AvroNode;
    /** JSON text that stands alone. */
    readonly text: string;
    /** Where it came from, in words. */
    readonly source: string;
    readonly places: readonly EventPlace[];
  };
  /** Undefined when nobody was asked, or it does not exist yet. */
  readonly topic: { readonly partitions: number; readonly records: number } | undefined;
}

/** A request with what every pipeline needs. */
export type AskedRequest = InitRequest & {
  readonly brokers: string;
  readonly registry: string;
  readonly topic: string;
  readonly model: string;
};

const PATIENCE_MS = 15_000;
const SHOWN_SUBJECTS = 5;
/** Fewer letters are in too many names. */
const LEAST_SHARED = 4;

/** The name of pipeline and model: the ONNX file's when none is given. */
export function nameOf({ name, model }: Pick<AskedRequest, 'name' | 'model'>): string {
  const bare = basename(model)
    .replace(/\.onnx$/i, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '');
  return name ?? (bare === '' ? 'model' : bare);
}

/** Throws a TidemarkError whose message says what to write instead. */
export async function gatherFacts(request: AskedRequest): Promise<InitFacts> {
  const config = connectionOf(request);
  const model = await readModel(request.model);
  const event = await eventSchema(request, config);
  if (!hasFields(event.node)) {
    const problem = `events of ${event.source} are ${typeName(event.node)}, without fields that could be features`;
    throw new TidemarkError('E-USAGE', `${problem}: give --topic or --schema of events that are records`);
  }
  const topic = request.offline ? undefined : await lookAtTopic(request, config);
  return { model, event: { ...event, places: eventPlaces(event.node) }, topic };
}

function hasFields(node: AvroNode): boolean {
  return (
    node.kind === 'record' || (node.kind === 'union' && node.branches.some((branch) => hasFields(branch)))
  );
}

const FLAGS: Readonly<Record<string, string>> = {
  pipeline: '--name',
  'kafka.brokers': '--brokers',
  'kafka.group': '--name',
  'registry.url': '--registry',
  'input.topic': '--topic',
};

/** The flags as the pipeline's file would hold them, so that what it would refuse is refused now. */
function connectionOf(request: AskedRequest): PipelineConfig {
  const { brokers, registry, topic } = request;
  const text = pipelineText('FILE', {
    name: nameOf(request),
    brokers,
    registry,
    topic,
    eventSchema: 'FILE',
    outputSchema: 'FILE',
    package: 'FOLDER',
    places: [],
    outputFields: [['score', 'model.score']],
  });
  const loaded = parseConfig(text, 'FILE');
  if (loaded.ok) return loaded.config;
  const [fault] = loaded.faults.filter(({ path }) => path.replace(/\[.*/, '') in FLAGS);
  const { path = '', problem, expected, value } = fault ?? loaded.faults[0]!;
  const flag = FLAGS[path.replace(/\[.*/, '')] ?? path;
  throw new TidemarkError(
    'E-USAGE',
    `${flag} ${problem}${value === undefined ? '' : ` (${value})`}: give ${expected}`,
  );
}

async function readModel(file: string): Promise<ModelDescription> {
  const model = await describe(file).catch((cause) => {
    throw new TidemarkError('E-USAGE', `--model: ${(cause as Error).message}`, { cause });
  });
  const faults = [
    ...model.inputs.flatMap((input) => rowsFault(input) ?? []),
    ...model.notes.filter((note) => note.startsWith('input ') || note.startsWith('weights ')),
    ...(model.refused === undefined ? [] : [model.refused]),
  ];
  if (faults.length === 0) return model;
  throw new TidemarkError(
    'E-USAGE',
    `--model: ${file} cannot be served:${faults.map((f) => `\n  ${f}`).join('')}`,
  );
}

async function eventSchema(
  request: AskedRequest,
  config: PipelineConfig,
): Promise<Omit<InitFacts['event'], 'places'>> {
  const { schema: file, topic } = request;
  if (file !== undefined) {
    const text = await readFile(file, 'utf8').catch((cause) => {
      throw new TidemarkError('E-USAGE', `--schema: ${file} ${unreadable(cause)}`, { cause });
    });
    const source = resolve(file) === file ? file : `./${file}`.replace(/^\.\/\.\//, './');
    return { node: parsed(text, file), text, source };
  }
  const subject = request.subject ?? `${topic}-value`;
  const latest = await latestOf(subject, config, request);
  const { schema, references, version, id, type } = latest;
  if (type !== 'AVRO') {
    const problem = `subject ${subject} holds ${type === 'PROTOBUF' ? 'Protobuf' : `${type} Schema`}, and Tidemark reads Avro`;
    throw new TidemarkError('E-USAGE', `${problem}: give --topic or --subject of events in Avro`);
  }
  const node = parseSchemaText(schema, references);
  const alone = references.length === 0 ? JSON.parse(schema) : schemaJson(node);
  const text = `${JSON.stringify(alone, null, 2)}\n`;
  return { node, text, source: `${subject} version ${version}, id ${id}` };
}

function parsed(text: string, file: string): AvroNode {
  try {
    return parseSchemaText(text);
  } catch (cause) {
    throw new TidemarkError('E-USAGE', `--schema: ${file} is ${(cause as Error).message}`, { cause });
  }
}

async function latestOf(
  subject: string,
  config: PipelineConfig,
  request: AskedRequest,
): Promise<SubjectVersion> {
  const registry = new Registry(config.registry, systemClock);
  try {
    const latest = await registry.latest(subject);
    if (latest !== undefined) return latest;
    throw await subjectMissing(subject, registry, request);
  } catch (cause) {
    throw registryHint(cause);
  }
}

/** The registry's own fault, with what to do about it here. */
function registryHint(cause: unknown): unknown {
  if (!(cause instanceof TidemarkError)) return cause;
  const { code, message } = cause;
  if (code === 'E-REGISTRY-UNREACHABLE') {
    const fix =
      'check --registry (with its path, if it has one), or give the schema by --schema FILE.avsc with --offline';
    return new TidemarkError(code, `${message}: ${fix}`, { cause });
  }
  if (code !== 'E-REGISTRY-AUTH') return cause;
  const fix =
    'give the schema by --schema FILE.avsc with --offline, and registry.auth in the file that is made';
  return new TidemarkError(code, `${message}: ${fix}`, { cause });
}

async function subjectMissing(
  subject: string,
  registry: Registry,
  { subject: given, topic }: AskedRequest,
): Promise<TidemarkError> {
  const subjects = await registry.subjects().catch((): string[] => []);
  const near = nearestSubjects(subject, topic, subjects);
  const known =
    subjects.length === 0
      ? 'the registry is empty'
      : near.length === 0
        ? `none of its ${subjects.length} subjects is named like it`
        : `there is ${near.join(', ')}`;
  const flag = given === undefined ? '--topic or --subject' : '--subject';
  return new TidemarkError(
    'E-USAGE',
    `subject ${subject} is not in the registry (${known}): give ${flag} as it is named there, or the schema by --schema FILE.avsc`,
  );
}

/** The nearest name first, then others that hold the topic's. */
export function nearestSubjects(subject: string, topic: string, subjects: readonly string[]): string[] {
  const nearest = nearestWord(subject, subjects);
  const word = topic.toLowerCase();
  const holding = subjects.filter((name) => {
    const other = name.toLowerCase().replace(/-value$/, '');
    return other.includes(word) || (other.length >= LEAST_SHARED && word.includes(other));
  });
  const found = new Set([...(nearest === undefined ? [] : [nearest]), ...holding.sort()]);
  return [...found].slice(0, SHOWN_SUBJECTS);
}

async function lookAtTopic(
  { brokers, topic }: AskedRequest,
  config: PipelineConfig,
): Promise<InitFacts['topic']> {
  const quiet = { paused: () => {}, resumed: () => {}, stopped: () => {}, failed: () => {} };
  const reader = newTopicReader(config, config.input.topic, quiet);
  try {
    const ends = await within(
      PATIENCE_MS,
      'E-KAFKA-UNREACHABLE',
      `looking for topic ${topic}`,
      reader.ends(),
    );
    const records = [...ends.values()].reduce((sum, { low, end }) => sum + end - low, 0);
    return { partitions: ends.size, records };
  } catch (cause) {
    const { code, message } = asTidemarkError(cause);
    if (code === 'E-KAFKA-TOPIC-MISSING') return undefined;
    const fix =
      code === 'E-KAFKA-UNREACHABLE'
        ? brokerFix(brokers)
        : 'give --offline with --schema FILE.avsc, and kafka.sasl or kafka.tls in the file that is made';
    throw new TidemarkError(code, `${message}: ${fix}`, { cause });
  } finally {
    await reader.stop();
  }
}

function brokerFix(brokers: string): string {
  return `check --brokers (${brokers}) and that the broker runs; --offline with --schema FILE.avsc asks nobody`;
}
