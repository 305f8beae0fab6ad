import { parseSchemaText } from '../avro/parseSchema.ts';
import { Registry } from '../avro/registry.ts';
import { analyseSchema } from '../avro/rowReader.ts';
import type { PipelineConfig } from '../config/pipelineConfig.ts';
import { within } from '../deadlines/within.ts';
import { asTidemarkError, type ErrorCode } from '../errors.ts';
import { ClusterView } from '../kafka/inspect/clusterView.ts';
import { partitionCount } from '../kafka/inspect/topics.ts';
import { systemClock } from './clock.ts';
import { kafkaConnection } from './connections.ts';
import { type Proof, schemaFaults } from './contract.ts';
import type { Findings } from './findings.ts';
import { DEAD_LETTER_ROOM_BYTES, maxMessageBytes } from './limits.ts';
import type { SchemaFile } from './materials.ts';
import { inputSubject } from './subjects.ts';
import { counted } from './words.ts';

/** What a dependency that is down may take before `check` says so instead of waiting. */
const PATIENCE_MS = 15_000;

interface Asked {
  readonly where: string;
  /** Of no answer in time. */
  readonly code: ErrorCode;
  readonly doing: string;
  readonly expected: string;
}

const BROKERS: Asked = {
  where: 'kafka.brokers',
  code: 'E-KAFKA-UNREACHABLE',
  doing: 'asking the brokers for the topics',
  expected: 'brokers that answer',
};
const REGISTRY: Asked = {
  where: 'registry.url',
  code: 'E-REGISTRY-UNREACHABLE',
  doing: 'asking the registry for the subjects',
  expected: 'a registry that answers',
};

/** The part of `check` that asks broker and registry. An unreachable one is a fault like any other. */
export async function proveLive(
  config: PipelineConfig,
  proof: Proof,
  outputSchema: SchemaFile | undefined,
  found: Findings,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const ask = async ({ where, code, doing, expected }: Asked, asking: Promise<void>) => {
    try {
      await within(patienceMs, code, doing, asking);
    } catch (cause) {
      const error = asTidemarkError(cause);
      found.faults.push({ where, problem: `${error.message} (${error.code})`, expected });
    }
  };
  const cluster = new ClusterView(kafkaConnection(config));
  await ask(BROKERS, proveTopics(config, cluster, found));
  await cluster.close();
  const registry = new Registry(config.registry, systemClock);
  await ask(REGISTRY, proveSubjects(config, registry, proof, outputSchema, found));
  registry.stop();
}

async function proveSubjects(
  config: PipelineConfig,
  registry: Registry,
  proof: Proof,
  outputSchema: SchemaFile | undefined,
  found: Findings,
): Promise<void> {
  await proveEventSubject(config, registry, proof, found);
  if (outputSchema !== undefined) await proveOutputSubject(config, registry, outputSchema, found);
}

async function proveTopics(config: PipelineConfig, cluster: ClusterView, found: Findings): Promise<void> {
  const { input, output, deadLetter, control } = config;
  const counts: (number | undefined)[] = [];
  for (const [where, topic] of [
    ['input.topic', input.topic],
    ['output.topic', output.topic],
    ['dead_letter.topic', deadLetter.topic],
    ...(control === undefined
      ? []
      : ([
          ['control.topic', control.topic],
          ['control.audit_topic', control.auditTopic],
        ] as const)),
  ] as const) {
    const partitions = await partitionCount(cluster, topic);
    counts.push(partitions);
    proveTopic(where, topic, partitions, found);
  }
  const [inputs, outputs, deadLetters] = counts;
  if (inputs !== undefined && deadLetters !== undefined) {
    const takes = await maxMessageBytes(cluster, deadLetter.topic);
    proveRoom(config, takes, await maxMessageBytes(cluster, input.topic), found);
  }
  proveOutputPartitions(config, inputs, outputs, found);
}

/** `partitions` is undefined when there is no such topic. */
export function proveTopic(
  where: string,
  topic: string,
  partitions: number | undefined,
  found: Findings,
): void {
  if (partitions !== undefined)
    found.proved.push({
      what: where,
      detail: `${topic} has ${counted(partitions, 'partition')}`,
    });
  else
    found.faults.push({
      where,
      problem: `topic ${topic} does not exist`,
      expected: 'an existing topic; `tidemark topics -c FILE --apply` makes it',
    });
}

/** What is known of the topics' partitions; undefined where nothing is. */
export function proveOutputPartitions(
  { input, output }: PipelineConfig,
  inputs: number | undefined,
  outputs: number | undefined,
  found: Findings,
): void {
  if (output.partitioner !== 'source' || inputs === undefined || outputs === undefined || outputs >= inputs)
    return;
  found.faults.push({
    where: 'output.partitioner',
    problem: `${output.topic} has ${outputs} partitions and ${input.topic} has ${inputs} (E-KAFKA-PARTITIONS)`,
    expected: 'at least as many, or `partitioner: key`',
  });
}

/** A dead letter that its topic refuses stops the process (E-DEAD-LETTER-REFUSED): better known before. Both in bytes. */
export function proveRoom(
  { input, deadLetter }: PipelineConfig,
  takes: number | undefined,
  gives: number | undefined,
  found: Findings,
): void {
  if (takes === undefined || gives === undefined || takes >= gives + DEAD_LETTER_ROOM_BYTES) return;
  found.warnings.push(
    `dead_letter.topic: ${deadLetter.topic} takes records of ${takes} bytes and ${input.topic} of ${gives}; give it ${DEAD_LETTER_ROOM_BYTES} more (max.message.bytes), for a bad event of the largest size with its headers would stop the pipeline (E-DEAD-LETTER-REFUSED)`,
  );
}

/** What producers write today has to serve too, whatever schema the pipeline was written against. */
export async function proveEventSubject(
  config: PipelineConfig,
  registry: Registry,
  proof: Proof,
  found: Findings,
): Promise<void> {
  const subject = inputSubject(config);
  const latest = await registry.latest(subject);
  if (latest === undefined) {
    found.warnings.push(
      `subject ${subject} has no schema yet; events cannot come before their producer registers it`,
    );
    return;
  }
  if (latest.type !== 'AVRO') {
    const problem = `subject ${subject} holds ${latest.type}, which is not read`;
    found.faults.push({ where: 'input.topic', problem, expected: 'a topic of Avro events' });
    return;
  }
  found.proved.push({ what: 'events', detail: `${subject} version ${latest.version}, id ${latest.id}` });
  const node = parseSchemaText(latest.schema, latest.references);
  const { rowPlan } = proof.contract;
  const { faults, warnings } = schemaFaults(analyseSchema(node, { readerSchema: node, ...rowPlan }), node, {
    declared: false,
  });
  const place = `${subject} version ${latest.version}`;
  found.faults.push(...faults.map((fault) => ({ ...fault, problem: `${fault.problem} in ${place}` })));
  found.warnings.push(...warnings.map((warning) => `${warning} (${place})`));
}

export async function proveOutputSubject(
  config: PipelineConfig,
  registry: Registry,
  { text }: SchemaFile,
  found: Findings,
): Promise<void> {
  const { subject, register } = config.output;
  const id = await registry.idOf(subject, text);
  if (id !== undefined) {
    found.proved.push({ what: 'output subject', detail: `${subject} holds the schema as id ${id}` });
    return;
  }
  const { compatible, messages } = await registry.compatible(subject, text);
  if (!compatible) {
    found.faults.push({
      where: 'output.schema',
      problem: `the registry refuses it for ${subject}: ${messages.join('; ')}`,
      expected: 'a schema compatible with those before it',
    });
  } else if (register)
    found.warnings.push(`${subject} does not hold the output schema yet; \`run\` will register it`);
  else
    found.faults.push({
      where: 'output.subject',
      problem: `${subject} does not hold the output schema`,
      expected: '`tidemark topics -c FILE --apply` to register it, or output.register: true',
    });
}
