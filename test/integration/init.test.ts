/**
 * The journey of docs/bring-your-own.md: `init` looks at a model, a topic and its schema, and writes what `topics`, `check`, `run`,
 * `sample` and `try` then work with. What they show is compared with avsc, scikit-learn and what `run` publishes.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import avro from 'avsc';
import type { Kafka } from 'kafkajs';
import { parseDocument } from 'yaml';
import type { SeenEvent } from '../../src/service/look/preview.ts';
import { setKeys, temporaryFolder } from '../support/cardFraud.ts';
import { readScored } from '../support/scored.ts';
import {
  createTopic,
  framed,
  kafkaClient,
  readAll,
  registerSchema,
  sharedStack,
  uniqueName,
  withAdmin,
} from '../support/stack.ts';
import { scoreUntilEnd, TidemarkProcess } from '../support/tidemark.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const OWN = 'test/fixtures/own';
const TOLERANCE = 1e-5;

const schemaText = readFileSync(join(ROOT, OWN, 'biopsy.avsc'), 'utf8');
const eventLines = readFileSync(join(ROOT, OWN, 'events.jsonl'), 'utf8')
  .trimEnd()
  .split('\n');
const trained: Readonly<Record<string, number>> = JSON.parse(
  readFileSync(join(ROOT, OWN, 'scores.json'), 'utf8'),
);

interface Place {
  readonly topic: string;
  readonly out: string;
  readonly flags: readonly string[];
}

/** A topic with its schema registered, and the flags that name them. */
async function place(t: TestContext): Promise<Place> {
  const { brokers, registryUrl } = await sharedStack();
  const topic = uniqueName('biopsies');
  await createTopic(topic, 3);
  await registerSchema(`${topic}-value`, schemaText);
  const out = join(temporaryFolder(t), 'own');
  const connection = ['--brokers', brokers.join(','), '--registry', registryUrl, '--topic', topic];
  return { topic, out, flags: [...connection, '--name', 'biopsy', '--out', out] };
}

const PLACES = ['--place', 'ca_15_3=labs["ca 15-3"]', '--place', 'thickness=thickness[0]'];

/** As `init` leaves it, but without HTTP, because tests run side by side, and in a group of its own. */
async function initialised(t: TestContext, model: string): Promise<Place & { file: string }> {
  const where = await place(t);
  const more = ['--features', `${OWN}/features.yaml`, '--golden', `${OWN}/golden-rows.json`];
  const init = ['init', '--model', `${OWN}/${model}`, ...where.flags, ...PLACES, ...more, '--json'];
  const made = JSON.parse((await new TidemarkProcess(t, init).endsWith(0)).stdout);
  assert.equal(made.ok, true);
  const file = join(where.out, 'biopsy.yaml');
  const document = parseDocument(readFileSync(file, 'utf8'));
  setKeys(document, { 'kafka.group': where.topic, http: 'off' });
  writeFileSync(file, document.toString());
  return { ...where, file };
}

async function produce(topic: string): Promise<void> {
  const { brokers, registryUrl } = await sharedStack();
  const env = { ...process.env, TIDEMARK_BROKERS: brokers.join(','), TIDEMARK_REGISTRY_URL: registryUrl };
  const args = ['--topic', topic, '--schema', `${OWN}/biopsy.avsc`, '--key', 'sample_id'];
  await promisify(execFile)(process.execPath, ['tools/produce.ts', ...args, `${OWN}/events.jsonl`], {
    cwd: ROOT,
    env,
  });
}

async function jsonLines(t: TestContext, status: number, ...args: string[]): Promise<SeenEvent[]> {
  const { stdout } = await new TidemarkProcess(t, args).endsWith(status);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

function featuresOf({ outcome }: SeenEvent): Record<string, unknown> {
  assert.ok(outcome.kind === 'scored', JSON.stringify(outcome));
  return Object.fromEntries(outcome.features.map(({ name, value }) => [name, value]));
}

type Measures = Readonly<Record<string, number | null>>;

/** As avsc decodes it. */
interface Biopsy {
  readonly sample_id: string;
  readonly mean: Measures;
  readonly error: Measures;
  readonly worst: Measures;
  readonly palpable: boolean;
  readonly thickness: readonly number[];
  readonly labs: Readonly<Record<string, number>>;
  readonly dose: Uint8Array;
  readonly side: string;
}

/** As `init` proposes it. */
interface Scored {
  readonly sample_id: string;
  readonly score: number;
  readonly scored_at: number;
}

/** The feature row of an event as avsc decodes it, for the model of one matrix. */
function rowOf(event: Biopsy): Record<string, unknown> {
  const inner = (value: number | null) => (value === null ? 'NaN' : Math.fround(value));
  const group = (name: 'mean' | 'error' | 'worst') =>
    Object.fromEntries(
      Object.entries(event[name]).map(([field, value]) => [`${name}_${field}`, inner(value)]),
    );
  const dose = Number.parseInt(Buffer.from(event.dose).toString('hex'), 16) / 100;
  return {
    ...group('mean'),
    ...group('error'),
    ...group('worst'),
    palpable: event.palpable ? 1 : 0,
    thickness: Math.fround(event.thickness[0]),
    ca_15_3: event.labs['ca 15-3'] === undefined ? 'NaN' : Math.fround(event.labs['ca 15-3']),
    dose: Math.fround(dose),
    side: ['LEFT', 'RIGHT', 'BOTH'].indexOf(event.side),
  };
}

for (const model of ['matrix.onnx', 'frame.onnx']) {
  test(`init, topics, check --live, run: ${model} scores as scikit-learn does, and try shows what run publishes`, async (t) => {
    const { file, topic } = await initialised(t, model);
    await new TidemarkProcess(t, ['topics', '-c', file, '--apply']).endsWith(0);
    const live = await new TidemarkProcess(t, ['check', '-c', file, '--live']).endsWith(0);
    assert.match(live.stdout, /holds together/);
    await produce(topic);
    const { scored, deadLettered } = await scoreUntilEnd(t, file);
    assert.deepEqual({ scored, deadLettered }, { scored: eventLines.length, deadLettered: 0 });

    const published = new Map(
      (await readScored(`${topic}.scored`)).map(({ value }) => [String(value.sample_id), value]),
    );
    const tried = await jsonLines(t, 0, 'try', '-c', file, '--events', `${OWN}/events.jsonl`, '--json');
    assert.equal(tried.length, eventLines.length);
    for (const { outcome } of tried) {
      assert.ok(outcome.kind === 'scored');
      const { score, scored_at: at, ...rest } = outcome.published as Scored;
      const {
        score: other,
        scored_at: otherAt,
        ...others
      } = published.get(rest.sample_id) as unknown as Scored;
      assert.deepEqual(rest, { ...others });
      assert.ok(at >= otherAt);
      for (const expected of [other, trained[rest.sample_id]!]) {
        assert.ok(Math.abs(score - expected) <= TOLERANCE * Math.max(expected, 0.1), `${score} ${expected}`);
      }
    }
  });
}

test('sample shows what avsc decodes, of every partition, and neither joins the group nor commits', async (t) => {
  const { file, topic } = await initialised(t, 'matrix.onnx');
  await produce(topic);
  const type = avro.Type.forSchema(JSON.parse(schemaText), { wrapUnions: false });
  const decoded = new Map(
    (await readAll(topic)).map(({ partition, offset, key, timestamp, value }) => [
      `${partition}@${offset}`,
      { key: key!.toString(), timestamp, event: type.fromBuffer(value!.subarray(5)) as Biopsy },
    ]),
  );
  const seen = await jsonLines(
    t,
    0,
    ...['sample', '-c', file, '--from', 'earliest', '--count', '1000', '--until-end', '--json'],
  );
  assert.equal(seen.length, decoded.size);
  for (const event of seen) {
    const { key, timestamp, event: oracle } = decoded.get(`${event.partition}@${event.offset}`)!;
    assert.deepEqual({ key: event.key, at: event.timestampMs }, { key, at: timestamp });
    assert.deepEqual(featuresOf(event), rowOf(oracle));
    assert.ok(event.outcome.kind === 'scored');
    const missing = event.outcome.features.filter(({ mark }) => mark === 'missing').map(({ name }) => name);
    const nulls = Object.entries(rowOf(oracle)).filter(([, value]) => value === 'NaN');
    assert.deepEqual(
      missing,
      nulls.map(([name]) => name),
    );
    const expected = trained[oracle.sample_id]!;
    assert.ok(
      Math.abs((event.outcome.outputs.score as number) - expected) <= TOLERANCE * Math.max(expected, 0.1),
    );
  }
  assert.equal(new Set(seen.map(({ partition }) => partition)).size, 3);

  const last = await jsonLines(t, 0, 'sample', '-c', file, '--from', '-2', '--until-end', '--json');
  assert.equal(last.length, 6);
  const one = await jsonLines(
    t,
    0,
    ...['sample', '-c', file, '--from', 'earliest', '--partition', '1', '--count', '3', '--json'],
  );
  assert.deepEqual(
    one.map(({ partition, offset }) => [partition, offset]),
    [
      [1, 0],
      [1, 1],
      [1, 2],
    ],
  );
  const groups = await withAdmin((admin) => admin.listGroups());
  assert.ok(!groups.groups.some(({ groupId }) => groupId === topic));
});

test('sample waits for live events, shows each as it comes, and Ctrl-C ends it', async (t) => {
  const { file, topic } = await initialised(t, 'matrix.onnx');
  const sample = new TidemarkProcess(t, ['sample', '-c', file, '--count', '500', '--json']);
  await sample.says({ msg: /3 partitions: waiting for new events/ });
  await produce(topic);
  await sample.untilOutput(({ length }) => length >= eventLines.length);
  sample.kill('SIGINT');
  const { stdout } = await sample.endsWith(130);
  assert.equal(stdout.trimEnd().split('\n').length, eventLines.length);
});

test('sample tells dead letters, tombstones and what is no frame apart, and leaves out aborted transactions', async (t) => {
  const { file, topic } = await initialised(t, 'matrix.onnx');
  const id = await registerSchema(`${topic}-value`, schemaText);
  const type = avro.Type.forSchema(JSON.parse(schemaText), { wrapUnions: true });
  const event = JSON.parse(eventLines[0]!);
  const value = (change: object) =>
    framed(id, type.toBuffer(type.fromString(JSON.stringify({ ...event, ...change }))));
  const kafka: Kafka = await kafkaClient();
  const producer = kafka.producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  const send = async (values: readonly (Buffer | null)[], end: 'commit' | 'abort') => {
    const transaction = await producer.transaction();
    const messages = values.map((one) => ({ key: 'k', value: one, partition: 0 }));
    await transaction.send({ topic, messages });
    await transaction[end]();
  };
  await send([value({}), value({})], 'abort');
  await send(
    [value({ worst: null }), null, Buffer.from('plain'), value({ thickness: [61] }), value({})],
    'commit',
  );
  await producer.disconnect();
  const seen = await jsonLines(
    t,
    0,
    ...['sample', '-c', file, '--from', 'earliest', '--until-end', '--count', '100', '--json'],
  );
  assert.deepEqual(
    seen.map(({ outcome }) =>
      'code' in outcome ? outcome.code : 'why' in outcome ? outcome.why : outcome.kind,
    ),
    ['E-FEATURE-MISSING', 'tombstone', 'E-AVRO-FRAME', 'E-FEATURE-RANGE', 'scored'],
  );
});

test('what is not there is told with the nearest name, in one sentence, and nothing is written', async (t) => {
  const { out, topic, flags } = await place(t);
  const misspelt = `${topic.slice(0, -1)}_`;
  const init = ['init', '--model', `${OWN}/matrix.onnx`, '--features', `${OWN}/features.yaml`, ...PLACES];
  const told = async (...args: string[]) => {
    const process = new TidemarkProcess(t, [...init, ...flags, ...args]);
    const { status } = await process.ended;
    assert.notEqual(status, 0);
    assert.ok(!existsSync(out));
    assert.deepEqual(readdirSync(join(out, '..')), []);
    return process.logs.map(({ msg }) => msg).join('\n');
  };
  assert.match(
    await told('--subject', `${misspelt}-value`),
    new RegExp(`subject .* is not in the registry .*${topic}-value`),
  );
  assert.match(await told('--registry', 'http://localhost:1'), /E-REGISTRY-UNREACHABLE .*check --registry/);
  assert.match(
    await told('--brokers', 'localhost:1'),
    /E-KAFKA-UNREACHABLE .*check --brokers \(localhost:1\)/,
  );
});
