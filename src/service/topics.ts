import { Registry } from '../avro/registry.ts';
import type { PipelineConfig } from '../config/pipelineConfig.ts';
import { ClusterView } from '../kafka/inspect/clusterView.ts';
import { partitionCount } from '../kafka/inspect/topics.ts';
import { createTopic, type NewTopic } from './client.ts';
import { systemClock } from './clock.ts';
import { kafkaConnection } from './connections.ts';
import { contractError } from './contract.ts';
import { DEAD_LETTER_ROOM_BYTES, maxMessageBytes } from './limits.ts';
import { readSchema } from './materials.ts';
import { inputSubject } from './subjects.ts';
import { counted } from './words.ts';

/** A year, within which somebody asks who did that. */
const AUDIT_RETENTION_MS = 365 * 24 * 60 * 60 * 1000;

/** One thing a pipeline needs of broker or registry. */
export interface Need {
  readonly kind: 'topic' | 'subject';
  readonly name: string;
  readonly state: 'there' | 'missing' | 'made';
  readonly detail: string;
}

export interface TopicsOptions {
  readonly apply: boolean;
  /** Of topics that are made. The output topics get as many as the input topic has. */
  readonly partitions: number;
  /** The broker's default when absent. */
  readonly replicationFactor?: number;
}

/** Where topics are looked for and made. */
interface Place {
  readonly cluster: ClusterView;
  create(topic: NewTopic): Promise<unknown>;
}

/** Looks for the topics and subjects a pipeline needs and, when told to, makes those that are missing. Changes nothing else. */
export async function provideTopics(config: PipelineConfig, options: TopicsOptions): Promise<Need[]> {
  const cluster = new ClusterView(kafkaConnection(config));
  const place: Place = { cluster, create: (topic) => createTopic(config, topic) };
  try {
    const { input, output, deadLetter } = config;
    const source = await provideTopic(place, input.topic, options.partitions, options);
    const needs = [source.need];
    needs.push((await provideTopic(place, output.topic, source.partitions, options)).need);
    const room = source.need.state === 'missing' ? {} : await roomForLetters(cluster, input.topic);
    needs.push((await provideTopic(place, deadLetter.topic, source.partitions, options, room)).need);
    needs.push(...(await provideControl(place, config, options)));
    return [...needs, ...(await provideSubjects(config, options.apply))];
  } finally {
    await cluster.close();
  }
}

/** One partition each: commands have an order. */
async function provideControl(
  place: Place,
  { control }: PipelineConfig,
  options: TopicsOptions,
): Promise<Need[]> {
  if (control === undefined) return [];
  const made = [
    [control.topic, { 'cleanup.policy': 'compact' }],
    [control.auditTopic, { 'cleanup.policy': 'delete', 'retention.ms': String(AUDIT_RETENTION_MS) }],
  ] as const;
  const needs: Need[] = [];
  for (const [topic, config] of made) needs.push((await provideTopic(place, topic, 1, options, config)).need);
  return needs;
}

/** A dead letter is its event and some headers: its topic has to take more than the input topic does. */
async function roomForLetters(cluster: ClusterView, input: string): Promise<Record<string, string>> {
  const bytes = await maxMessageBytes(cluster, input);
  return bytes === undefined ? {} : { 'max.message.bytes': String(bytes + DEAD_LETTER_ROOM_BYTES) };
}

async function provideTopic(
  { cluster, create }: Place,
  name: string,
  partitions: number,
  { apply, replicationFactor }: TopicsOptions,
  config: Readonly<Record<string, string>> = {},
): Promise<{ need: Need; partitions: number }> {
  const there = await partitionCount(cluster, name);
  const count = there ?? partitions;
  const detail = counted(count, 'partition');
  if (there !== undefined)
    return { need: { kind: 'topic', name, state: 'there', detail }, partitions: count };
  if (apply) {
    await create({
      name,
      partitions,
      config,
      ...(replicationFactor === undefined ? {} : { replicationFactor }),
    });
  }
  return { need: { kind: 'topic', name, state: apply ? 'made' : 'missing', detail }, partitions };
}

/** The output's schema, and the events' own where the configuration has it and no producer has registered one. */
async function provideSubjects(config: PipelineConfig, apply: boolean): Promise<Need[]> {
  const registry = new Registry(config.registry, systemClock);
  const needs: Need[] = [];
  const { input, output } = config;
  if (input.schema !== undefined) {
    const subject = inputSubject(config);
    const latest = await registry.latest(subject);
    needs.push(
      latest === undefined
        ? await provideSubject(registry, subject, input.schema, apply)
        : { kind: 'subject', name: subject, state: 'there', detail: `version ${latest.version}` },
    );
  }
  needs.push(await provideSubject(registry, output.subject, output.schema, apply));
  return needs;
}

async function provideSubject(registry: Registry, name: string, file: string, apply: boolean): Promise<Need> {
  const { text } = await readSchema(file).catch((cause) => {
    throw contractError([{ where: file, problem: cause.message, expected: 'a file with an Avro schema' }]);
  });
  const there = await registry.idOf(name, text);
  if (there !== undefined) return { kind: 'subject', name, state: 'there', detail: `${file} as id ${there}` };
  if (!apply) return { kind: 'subject', name, state: 'missing', detail: file };
  return {
    kind: 'subject',
    name,
    state: 'made',
    detail: `${file} as id ${await registry.register(name, text)}`,
  };
}
