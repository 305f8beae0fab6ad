import { type Admin, Kafka, logLevel } from 'kafkajs';
import { registryAnswers } from '../stack/ready.ts';
import { DemoError } from './demoError.ts';
import type { Interrupts } from './interrupts.ts';
import { counted, minute } from './numbers.ts';
import { type PipelineFile, writePipelineFile } from './pipelineFile.ts';
import type { Place } from './place.ts';
import { type Choice, scoreWorld } from './scoring.ts';
import type { Summary } from './summary.ts';
import type { Teller } from './tellers/teller.ts';
import { tidemark } from './tidemark.ts';
import type { WorldStream } from './worlds/world.ts';

/** With growing pauses, some five seconds in all. */
const KAFKA_RETRIES = 4;

export interface Stage {
  readonly place: Place;
  /** For files of the demo. */
  readonly folder: string;
  readonly teller: Teller;
  readonly interrupts: Interrupts;
}

/** Makes the topics and the world, has its events scored and tells how that went. */
export async function show(choice: Choice, stage: Stage): Promise<Summary> {
  const { place, teller } = stage;
  const { brokers, registryUrl } = place;
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId: 'tidemark-demo',
    logLevel: logLevel.NOTHING,
    retry: { retries: KAFKA_RETRIES },
  });
  const admin = kafka.admin();
  const env = { TIDEMARK_BROKERS: brokers.join(','), TIDEMARK_REGISTRY_URL: registryUrl };
  await requireAnswers(admin, place);
  teller.say(`Kafka is at ${env.TIDEMARK_BROKERS}, the schema registry at ${registryUrl}.`);
  try {
    const pipeline = await makeTopics(choice, stage, admin, env);
    const stream = await openWorld(choice, stage);
    const summary = await scoreWorld(choice, stream, {
      ...stage,
      kafka,
      admin,
      brokers,
      registryUrl,
      pipeline,
      env,
    });
    teller.end(summary);
    return summary;
  } finally {
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

async function makeTopics(
  { world, version }: Choice,
  { folder, interrupts, teller }: Stage,
  admin: Admin,
  env: Readonly<Record<string, string>>,
): Promise<PipelineFile> {
  const { groups } = await admin.listGroups();
  const taken = new Set([...(await admin.listTopics()), ...groups.map((group) => group.groupId)]);
  const pipeline = writePipelineFile(folder, { pipeline: world.name, version }, taken);
  await tidemark(['topics', '-c', pipeline.path, '--apply'], { env, signal: interrupts.either });
  const { events, scored, deadLetters, labels } = pipeline.names;
  // One partition keeps the labels in the order in which they became known.
  await admin.createTopics({ topics: [{ topic: labels, numPartitions: 1 }], waitForLeaders: true });
  teller.say(`Topics and schemas are made: ${events}, ${scored}, ${deadLetters} and ${labels}.`);
  return pipeline;
}

async function openWorld({ world, seed }: Choice, { teller, interrupts }: Stage): Promise<WorldStream> {
  const beganMs = performance.now();
  teller.say(`Simulating the world of seed ${seed} up to its first event.`);
  const stream = await world.open({
    seed,
    signal: interrupts.either,
    onProgress: (phrase) => teller.progress(`Simulating: ${phrase}`),
  });
  const seconds = (performance.now() - beganMs) / 1000;
  const labels = stream.known.length;
  const known = labels === 0 ? '' : `; ${counted(labels, 'label')} known by then`;
  teller.say(`Simulated up to ${minute(stream.span.fromMs)} in ${seconds.toFixed(1)} s${known}.`);
  return stream;
}
