import { setTimeout as delay } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import { framedEncoder } from '../simulator/avro.ts';
import { DemoError } from './demoError.ts';
import { Emitter } from './emitter.ts';
import { ExampleKeeper } from './example.ts';
import { Follower } from './follower.ts';
import type { Interrupts } from './interrupts.ts';
import { Join } from './join.ts';
import { counted } from './numbers.ts';
import type { PipelineFile } from './pipelineFile.ts';
import { Publisher } from './publisher.ts';
import { register } from './register.ts';
import { Replicas } from './replicas.ts';
import type { Summary } from './summary.ts';
import type { Teller } from './tellers/teller.ts';
import { recordsIn } from './topicOffsets.ts';
import { Watch } from './watch.ts';
import type { Judge, World, WorldStream } from './worlds/world.ts';

const LOOK_EVERY_MS = 500;
/** A pipeline that gets nowhere for so long has stopped a partition or lost its broker. */
const STUCK_MS = 60_000;

export interface Choice {
  readonly world: World;
  /** Of the model. */
  readonly version: string;
  readonly seed: number;
  /** Undefined for the part of the world that is judged. */
  readonly events: number | undefined;
  /** A second; Infinity for as many as can be. */
  readonly rate: number;
  readonly replicas: number;
  readonly keepRunning: boolean;
}

export interface Ground {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly pipeline: PipelineFile;
  /** Of the commands that are run. */
  readonly env: Readonly<Record<string, string>>;
  readonly teller: Teller;
  readonly interrupts: Interrupts;
}

/** Emits a world's events, has them scored, and joins the scores to their labels. Leaves nothing running. */
export async function scoreWorld(choice: Choice, stream: WorldStream, ground: Ground): Promise<Summary> {
  const { admin, pipeline, teller, interrupts, env } = ground;
  const { signal, either } = interrupts;
  await using cleanUp = new AsyncDisposableStack();
  const replicas = new Replicas(choice.replicas, pipeline.path, env);
  cleanUp.defer(() => replicas.stop());
  const pids = replicas.all.map(({ pid }) => pid).join(' and ');
  teller.say(
    `Started ${counted(choice.replicas, 'replica')} (pid ${pids}): tidemark run -c ${pipeline.path}`,
  );
  const partitions = (await admin.fetchTopicOffsets(pipeline.names.events)).length;
  // No event has to wait for a process to start.
  await replicas.untilAllHeld(partitions, either);
  const consoles = replicas.all.map(({ url }) => url).join(' and ');
  teller.say(`Its console, while it runs: ${consoles}`);

  const judge = choice.world.judge({ version: choice.version });
  const join = new Join(
    choice.world,
    judge,
    stream.known.map(({ id }) => id),
  );
  const examples = new ExampleKeeper(choice.world);
  const follower = newFollower(ground, join, examples);
  cleanUp.defer(() => follower.stop());
  await follower.start(either);

  const publisher = new Publisher(ground.brokers);
  cleanUp.defer(() => publisher.stop());
  const emitter = await newEmitter(choice, stream, ground, publisher);
  const watch = new Watch({
    world: choice.world,
    version: choice.version,
    group: pipeline.names.group,
    topic: pipeline.names.events,
    admin,
    replicas,
    emitter,
    join,
    share: () => shareOf(choice, stream, emitter),
  });
  teller.say('Scoring.');
  await emitAndWatch(emitter, watch, ground);
  const seconds = watch.elapsedMs / 1000;
  await emitter.publishRemainingLabels();
  await follower.untilEnd(signal);
  join.end();
  teller.show(await watch.look());
  return {
    ...(await summaryOf(choice, { seconds, emitter, watch, join, judge, ground })),
    example: examples.example,
  };
}

function newFollower(ground: Ground, join: Join, examples: ExampleKeeper): Follower {
  const { kafka, admin, registryUrl, pipeline } = ground;
  const { scored, labels } = pipeline.names;
  return new Follower({
    kafka,
    admin,
    registryUrl,
    on: new Map([
      [
        scored,
        (value, { partition, message }) => {
          join.addScored(value, Date.now());
          examples.consider(value, `${scored}/${partition}`, message);
        },
      ],
      [labels, (value, { message }) => join.addLabel(String(message.key), value)],
    ]),
  });
}

async function newEmitter(
  choice: Choice,
  stream: WorldStream,
  { registryUrl, pipeline, interrupts }: Ground,
  publisher: Publisher,
): Promise<Emitter> {
  const { world, rate, events, keepRunning } = choice;
  const { events: topic, labels } = pipeline.names;
  await publisher.start([topic, labels]);
  const wholeSpan = events === undefined && !keepRunning;
  return new Emitter({
    stream,
    labelDelayMs: world.labelDelayMs,
    publisher,
    topics: { events: topic, labels },
    encodeEvent: framedEncoder(
      world.eventSchema,
      await register(`${topic}-value`, world.eventSchema, registryUrl),
    ),
    encodeLabel: framedEncoder(
      world.labelSchema,
      await register(`${labels}-value`, world.labelSchema, registryUrl),
    ),
    rate,
    most: {
      events: events ?? Number.POSITIVE_INFINITY,
      simulatedMs: wholeSpan ? stream.span.untilMs : Number.POSITIVE_INFINITY,
    },
    enough: interrupts.enough,
    signal: interrupts.signal,
  });
}

function shareOf(
  { events, keepRunning }: Choice,
  { span }: WorldStream,
  emitter: Emitter,
): number | undefined {
  if (events !== undefined) return emitter.emitted / events;
  return keepRunning ? undefined : (emitter.simulatedMs - span.fromMs) / (span.untilMs - span.fromMs);
}

/** Emits, and shows what happens until the group has committed all of it. */
async function emitAndWatch(emitter: Emitter, watch: Watch, { teller, interrupts }: Ground): Promise<void> {
  let emitting = true;
  const emission = emitter.run().finally(() => {
    emitting = false;
  });
  // It is awaited below; what is shown meanwhile may fail first.
  emission.catch(() => {});
  while (emitting) {
    teller.show(await watch.look());
    await Promise.race([emission, delay(LOOK_EVERY_MS)]);
    interrupts.signal.throwIfAborted();
  }
  await emission;
  let behind = Number.NaN;
  let movedMs = performance.now();
  // What was last looked at may have been before the last event: look at least once more.
  do {
    await delay(LOOK_EVERY_MS / 2);
    interrupts.signal.throwIfAborted();
    teller.show(await watch.look());
    if (watch.behind !== behind) movedMs = performance.now();
    behind = watch.behind;
    if (performance.now() - movedMs > STUCK_MS) {
      throw new DemoError(
        `The pipeline has been ${counted(behind, 'event')} behind for a minute and gets nowhere.`,
      );
    }
  } while (!watch.caughtUp);
}

interface Outcome {
  readonly seconds: number;
  readonly emitter: Emitter;
  readonly watch: Watch;
  readonly join: Join;
  readonly judge: Judge;
  readonly ground: Ground;
}

async function summaryOf(choice: Choice, outcome: Outcome): Promise<Omit<Summary, 'example'>> {
  const { seconds, emitter, watch, join, judge, ground } = outcome;
  const { events, scored, labels, deadLetters } = ground.pipeline.names;
  const { done, latency } = watch.soFar;
  return {
    pipeline: choice.world.name,
    model: `${choice.world.name} ${choice.version}`,
    seed: choice.seed,
    noun: choice.world.noun,
    seconds,
    emitted: {
      events: emitter.emitted,
      perSecond: emitter.meanRate,
      wantedPerSecond: Number.isFinite(choice.rate) ? choice.rate : null,
      stalledMs: emitter.stalledMs,
    },
    scored: join.scored,
    deadLettered: await recordsIn(deadLetters, ground.admin),
    skipped: done.skipped,
    missing: join.unscored,
    repeated: join.repeated,
    unlabelled: join.waiting + join.givenUp,
    latency: latency ?? null,
    batches: done.batches,
    decisions: Object.fromEntries(join.decisions),
    verdict: judge.verdict(),
    topics: { events, scored, labels, deadLetters },
  };
}
