import { setTimeout as delay } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { transactions } from '../simulator/simulate.ts';
import { registryAnswers } from '../stack/ready.ts';
import { DemoError } from './demoError.ts';
import { Findings, recordReader } from './findings.ts';
import { counted, whole } from './numbers.ts';
import { type PipelineFile, writePipelineFile } from './pipelineFile.ts';
import type { Place } from './place.ts';
import { produceTransactions, type Truth } from './produce.ts';
import { ProgressLine } from './progressLine.ts';
import { readTopic, recordsIn } from './readTopic.ts';
import { type RunSummary, summaryLines } from './summary.ts';
import { tidemark } from './tidemark.ts';

const PROGRESS_EVERY_MS = 250;
/** With growing pauses, some five seconds in all. */
const KAFKA_RETRIES = 4;

export interface Scoring {
  readonly events: number;
  readonly seed: number;
  readonly place: Place;
  /** For files of the demo. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

interface Connection {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly progress: ProgressLine;
  /** Of the commands that are run. */
  readonly env: Readonly<Record<string, string>>;
}

/** Makes topics, produces, scores, reads back and tells. @returns whether every transaction was scored. */
export async function scoreTransactions(scoring: Scoring): Promise<boolean> {
  const { place } = scoring;
  const kafka = new Kafka({
    brokers: [...place.brokers],
    clientId: 'tidemark-demo',
    logLevel: logLevel.NOTHING,
    retry: { retries: KAFKA_RETRIES },
  });
  const admin = kafka.admin();
  const progress = new ProgressLine(process.stdout, () => performance.now());
  const env = { TIDEMARK_BROKERS: place.brokers.join(','), TIDEMARK_REGISTRY_URL: place.registryUrl };
  const connection: Connection = { kafka, admin, progress, env };
  await requireAnswers(admin, place);
  console.log(`Kafka is at ${env.TIDEMARK_BROKERS}, the schema registry at ${place.registryUrl}.`);
  try {
    const pipeline = await makeTopics(scoring, connection);
    const truth = await produce(scoring, connection, pipeline);
    const run = await score(scoring, connection, pipeline);
    return await tell(scoring, connection, pipeline, truth, run);
  } finally {
    progress.clear();
    await admin.disconnect();
  }
}

async function requireAnswers(admin: Admin, { brokers, registryUrl }: Place): Promise<void> {
  if (!(await registryAnswers(registryUrl))) {
    throw new DemoError(`No schema registry answers at ${registryUrl}; look at TIDEMARK_REGISTRY_URL.`);
  }
  try {
    await admin.connect();
  } catch (cause) {
    throw new DemoError(`No Kafka answers at ${brokers.join(',')}; look at TIDEMARK_BROKERS.`, { cause });
  }
}

async function makeTopics(scoring: Scoring, { admin, env }: Connection): Promise<PipelineFile> {
  const { groups } = await admin.listGroups();
  const taken = new Set([...(await admin.listTopics()), ...groups.map((group) => group.groupId)]);
  const pipeline = writePipelineFile(scoring.folder, taken);
  await tidemark(['topics', '-c', pipeline.path, '--apply'], { env, signal: scoring.signal });
  const { transactions: input, scored, deadLetters } = pipeline.names;
  console.log(`Topics and schemas are made: ${input}, ${scored} and ${deadLetters}.`);
  return pipeline;
}

async function produce(
  scoring: Scoring,
  { kafka, progress }: Connection,
  pipeline: PipelineFile,
): Promise<Truth> {
  const { events, seed, signal } = scoring;
  console.log('Simulating card transactions; the first 37 days only give customers and terminals a history.');
  const truth = await produceTransactions({
    kafka,
    registryUrl: scoring.place.registryUrl,
    topic: pipeline.names.transactions,
    transactions: transactions(events, seed),
    signal,
    onProgress: (produced) => progress.show(`Produced ${whole(produced)} of ${whole(events)}`),
  });
  const frauds = [...truth.values()].filter((scenario) => scenario !== 'none').length;
  progress.end(
    `Produced ${counted(truth.size, 'transaction')}, ${counted(frauds, 'fraud')} among them (seed ${seed}).`,
  );
  return truth;
}

/** Runs the pipeline to the end of what was produced, watching its topics meanwhile. */
async function score(scoring: Scoring, connection: Connection, pipeline: PipelineFile): Promise<RunSummary> {
  console.log('Scoring: tidemark run --until-end');
  const stop = new AbortController();
  const run = tidemark(['run', '-c', pipeline.path, '--until-end'], {
    env: connection.env,
    signal: AbortSignal.any([scoring.signal, stop.signal]),
  });
  try {
    await watch(run, scoring.events, connection, pipeline);
    return runSummary(await run);
  } finally {
    stop.abort();
    // Nothing else may end before the run has: it would be left behind.
    await run.catch(() => {});
  }
}

async function watch(
  run: Promise<unknown>,
  events: number,
  { admin, progress }: Connection,
  { names }: PipelineFile,
): Promise<void> {
  let done = 0;
  let fromMs = performance.now();
  for (let ended = false; !ended; ) {
    ended = await Promise.race([run.then(() => true), delay(PROGRESS_EVERY_MS, false)]);
    // The time it takes to start is not counted as scoring.
    if (done === 0) fromMs = performance.now() - PROGRESS_EVERY_MS;
    done = (await recordsIn(names.scored, admin)) + (await recordsIn(names.deadLetters, admin));
    const rate = (1000 * done) / (performance.now() - fromMs);
    progress.show(`Scored ${whole(done)} of ${whole(events)}, ${whole(rate)} a second`);
  }
  progress.end(`Scored ${whole(done)} of ${whole(events)}.`);
}

function runSummary(output: string): RunSummary {
  const line = output.trimEnd().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new DemoError(`The pipeline ended without its summary, with: ${line}`, { cause });
  }
}

async function tell(
  scoring: Scoring,
  { kafka, admin, progress }: Connection,
  pipeline: PipelineFile,
  truth: Truth,
  run: RunSummary,
): Promise<boolean> {
  const { place, signal } = scoring;
  const { scored, deadLetters } = pipeline.names;
  const findings = new Findings(truth);
  const add = recordReader(place.registryUrl, findings);
  const { partitions } = await readTopic(scored, { kafka, admin, signal }, async (message, partition) => {
    await add(message, partition);
    progress.show(`Reading back ${whole(findings.scored)}`);
  });
  progress.clear();
  const lines = summaryLines(run, findings, {
    brokers: place.brokers.join(','),
    registryUrl: place.registryUrl,
    topic: scored,
    partitions,
    subject: `${scored}-value`,
    deadLetterTopic: deadLetters,
    deadLetters: await recordsIn(deadLetters, admin),
  });
  for (const line of lines) console.log(line);
  return findings.missing === 0;
}
