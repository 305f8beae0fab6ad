/**
 * Emits the demo's events without the rest of the demo: `node tools/emit.ts`. It waits for brokers, registry and topics, so that it may be
 * started before them, and goes on until it is stopped.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import kafkajs from 'kafkajs';
import { parse } from 'yaml';
import { DemoError } from './demo/demoError.ts';
import { Emitter } from './demo/emitter.ts';
import { Interrupts } from './demo/interrupts.ts';
import { counted } from './demo/numbers.ts';
import { Publisher } from './demo/publisher.ts';
import { register } from './demo/register.ts';
import type { World } from './demo/worlds/world.ts';
import { worlds } from './demo/worlds/worlds.ts';
import { framedEncoder } from './simulator/avro.ts';
import { givenBy } from './stack/environment.ts';
import { registryAnswers } from './stack/ready.ts';

interface Flags {
  readonly pipeline: string;
  readonly topic?: string;
  readonly rate: number;
  readonly seed: number;
  /** Without it, until it is stopped. */
  readonly events?: number;
}

const STACK = { brokers: ['localhost:9092'], registryUrl: 'http://localhost:8081/apis/ccompat/v7' };
const ASK_EVERY_MS = 1_000;
const TELL_EVERY_MS = 10_000;

function positive(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('Give a whole number of at least 1.');
  return Number(text);
}

const say = (line: string) => process.stdout.write(`${line}\n`);

/** Asks until the answer is yes, and says once what is waited for. */
async function until(what: string, ask: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  for (let told = false; !(await ask()); told = true) {
    if (!told) say(`Waiting for ${what}.`);
    await delay(ASK_EVERY_MS, undefined, { signal });
  }
}

/** Waits until the topic of events is there, which `tidemark topics --apply` makes, and makes the one of labels. */
async function topicsThere(
  brokers: readonly string[],
  { events, labels }: { events: string; labels: string },
  signal: AbortSignal,
): Promise<void> {
  const quiet = { logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 0 } };
  const admin = new kafkajs.Kafka({ brokers: [...brokers], clientId: 'tidemark-emit', ...quiet }).admin();
  const there = async () => {
    await admin.connect();
    return (await admin.listTopics()).includes(events);
  };
  try {
    await until(`topic ${events} at ${brokers.join(',')}`, () => there().catch(() => false), signal);
    // One partition keeps the labels in the order in which they became known. Nothing happens where the topic is there.
    await admin.createTopics({ topics: [{ topic: labels, numPartitions: 1 }], waitForLeaders: true });
  } finally {
    await admin.disconnect();
  }
}

async function emit(
  world: World,
  { topic, rate, seed, events: most = Number.POSITIVE_INFINITY }: Flags,
  interrupts: Interrupts,
): Promise<number> {
  const { brokers, registryUrl } = { ...STACK, ...givenBy(process.env) };
  const { either, enough, signal } = interrupts;
  const file = new URL(`../config/${world.name}.yaml`, import.meta.url);
  const events = topic ?? String(parse(readFileSync(file, 'utf8')).input.topic);
  const topics = { events, labels: `${events}.labels` };
  await until(`a schema registry at ${registryUrl}`, () => registryAnswers(registryUrl), either);
  await topicsThere(brokers, topics, either);

  say(`Simulating the world of seed ${seed} up to its first event.`);
  const stream = await world.open({ seed, signal: either, onProgress: () => {} });
  const schemaId = (topic: string, schema: string) => register(`${topic}-value`, schema, registryUrl);
  const publisher = new Publisher(brokers);
  try {
    await publisher.start(Object.values(topics));
    const emitter = new Emitter({
      stream,
      labelDelayMs: world.labelDelayMs,
      publisher,
      topics,
      encodeEvent: framedEncoder(world.eventSchema, await schemaId(events, world.eventSchema)),
      encodeLabel: framedEncoder(world.labelSchema, await schemaId(topics.labels, world.labelSchema)),
      rate,
      most: { events: most, simulatedMs: Number.POSITIVE_INFINITY },
      enough,
      signal,
    });
    say(`Emitting ${rate} events a second to ${events}.`);
    const telling = setInterval(() => say(`${counted(emitter.emitted, 'event')} emitted`), TELL_EVERY_MS);
    await emitter.run().finally(() => clearInterval(telling));
    return emitter.emitted;
  } finally {
    await publisher.stop();
  }
}

const names = worlds.map(({ name }) => name);
const flags = new Command('node tools/emit.ts')
  .description('Emits a simulated stream to the topics of config/PIPELINE.yaml, until stopped.')
  .addOption(new Option('--pipeline <name>', 'whose events').choices(names).default(names[0]))
  .option('--topic <name>', 'another topic than the one that config/PIPELINE.yaml reads')
  .option('--rate <n>', 'events a second', positive, 500)
  .option('--events <n>', 'ends after so many; without it, goes on', positive)
  .option('--seed <n>', 'which world; the same seed gives the same events', positive, 1)
  .addHelpText(
    'after',
    '\nBrokers and registry are those of TIDEMARK_BROKERS and TIDEMARK_REGISTRY_URL, else the local stack.\nExit status 0 when it was stopped or all is emitted, 1 when not.',
  )
  .parse()
  .opts<Flags>();

const interrupts = new Interrupts({ finishFirst: true });
let status = 0;
try {
  const emitted = await emit(worlds.find(({ name }) => name === flags.pipeline)!, flags, interrupts);
  say(`${counted(emitted, 'event')} emitted in all.`);
} catch (error) {
  if (!interrupts.either.aborted) {
    status = 1;
    console.error(error instanceof DemoError ? error.message : error);
  }
}
process.exit(status);
