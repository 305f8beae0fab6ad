/** What `tidemark init` writes, and what it leaves alone. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { nearestSubjects } from '../../src/service/init/facts.ts';
import { initPipeline } from '../../src/service/init/init.ts';
import type { Proposal } from '../../src/service/init/proposal.ts';
import type { InitRequest, Question } from '../../src/service/init/request.ts';
import { temporaryFolder } from '../support/cardFraud.ts';
import { waitFor } from '../support/stack.ts';
import { TidemarkProcess } from '../support/tidemark.ts';
import { init, MODELS, OWN, WHOLE } from './initGround.ts';

test('what is written holds together from where the user is, and says what to do next', async (t) => {
  const { status, stdout, told, out, left } = await init(t, ...WHOLE, '--name', 'biopsy');
  assert.equal(status, 0, told);
  assert.deepEqual(left(), ['own']);
  assert.deepEqual(readdirSync(out).sort(), [
    'biopsy-event.avsc',
    'biopsy-scored.avsc',
    'biopsy.yaml',
    'models',
  ]);
  for (const said of [
    /mean_radius +mean\.radius +its name, spelled otherwise/,
    /ca_15_3 +labs\["ca 15-3"\] +given/,
    /score +probabilities, column 1 \(the second of two classes\)/,
    /biopsy\.yaml holds together/,
    /tidemark topics -c .*own\/biopsy\.yaml --apply/,
  ])
    assert.match(stdout, said);
  const loaded = loadConfig(join(out, 'biopsy.yaml'));
  assert.ok(loaded.ok);
  assert.deepEqual(Object.keys(loaded.config.output.fields), [
    'sample_id',
    'patient_id',
    'score',
    'label',
    'model_version',
    'scored_at',
  ]);
  await new TidemarkProcess(t, ['check', '-c', join(out, 'biopsy.yaml')]).endsWith(0);
});

const REQUEST: InitRequest = {
  brokers: 'localhost:1',
  registry: 'http://localhost:1',
  topic: 'biopsies',
  schema: `${OWN}/biopsy.avsc`,
  offline: true,
  model: `${OWN}/matrix.onnx`,
  features: `${OWN}/features.yaml`,
  version: '1.0.0',
  outputs: [],
  places: { ca_15_3: 'labs["ca 15-3"]', thickness: 'thickness[0]' },
  yes: false,
  force: false,
};

/** Without anybody to ask. */
async function made(request: InitRequest) {
  const initialised = await initPipeline(request, { confirmed: async () => true });
  assert.ok(initialised !== undefined);
  return initialised;
}

test('a folder with something in it is left alone; --force replaces what init writes there and nothing else', async (t) => {
  const out = join(temporaryFolder(t), 'own');
  mkdirSync(out);
  writeFileSync(join(out, 'notes.txt'), 'mine');
  const request = { ...REQUEST, name: 'biopsy', out };
  await assert.rejects(made(request), /--out: .*own exists and is not empty: give another --out, or --force/);
  assert.deepEqual(readdirSync(out), ['notes.txt']);
  await made({ ...request, force: true });
  writeFileSync(join(out, 'biopsy.yaml'), 'edited');
  await made({ ...request, force: true });
  assert.match(readFileSync(join(out, 'biopsy.yaml'), 'utf8'), /pipeline: biopsy/);
  assert.equal(readFileSync(join(out, 'notes.txt'), 'utf8'), 'mine');
  assert.deepEqual(readdirSync(join(out, '..')), ['own']);
});

test('a model with an input for each column finds text fields for its text inputs', async (t) => {
  const out = join(temporaryFolder(t), 'own');
  const { features, ...request } = REQUEST;
  const { proposal, written } = await made({ ...request, model: `${OWN}/frame.onnx`, out });
  assert.deepEqual(proposal.features.find(({ name }) => name === 'side')?.path, ['side']);
  const card = readFileSync(join(written.package.folder, 'model.yaml'), 'utf8');
  assert.match(card, /name: side, categories: \[ BOTH, LEFT, RIGHT \]/);
});

test('numeric fields are taken in their order only when somebody says so', async (t) => {
  const folder = temporaryFolder(t);
  const schema = join(folder, 'event.avsc');
  const doubles = ['a', 'b', 'c', 'd'].map((name) => ({ name, type: 'double' }));
  const others = [
    { name: 'event_id', type: 'long' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ];
  writeFileSync(schema, JSON.stringify({ type: 'record', name: 'E', fields: [...others, ...doubles] }));
  const { features, ...rest } = REQUEST;
  const request = { ...rest, model: `${MODELS}/logistic.onnx`, schema, places: {}, out: join(folder, 'own') };
  await assert.rejects(made(request), /just as many numeric fields: .*give --features a,b,c,d/);
  const { proposal } = await made({ ...request, yes: true });
  assert.deepEqual(
    proposal.features.map(({ path }) => path),
    [['a'], ['b'], ['c'], ['d']],
  );
});

test('events that are no records are told', async (t) => {
  const folder = temporaryFolder(t);
  const schema = join(folder, 'event.avsc');
  writeFileSync(schema, '{"type": "map", "values": "double"}');
  const said = /are map of double, without fields that could be features: give --topic or --schema/;
  await assert.rejects(made({ ...REQUEST, schema, out: join(folder, 'own') }), said);
});

test('what somebody answers is taken, and a no writes nothing', async (t) => {
  const folder = temporaryFolder(t);
  const asked: string[] = [];
  const answers: Record<string, string> = { thickness: 'thicknes', ca_15_3: 'labs["ca 15-3"]' };
  const dialogue = {
    ask: async ({ feature = '', options }: Question) => {
      asked.push(feature);
      const answer = answers[feature] ?? options[0]!;
      // Asked again for the slip.
      answers.thickness = 'thickness[0]';
      return answer;
    },
    confirmed: async ({ features }: Proposal) => {
      assert.deepEqual(features.find(({ name }) => name === 'thickness')?.path, ['thickness', 0]);
      return false;
    },
  };
  assert.equal(await initPipeline({ ...REQUEST, places: {}, out: join(folder, 'own') }, dialogue), undefined);
  assert.deepEqual(asked, ['thickness', 'thickness', 'ca_15_3']);
  assert.deepEqual(readdirSync(folder), []);
});

test('a registry with many subjects is told of by the nearest, and by those that hold the topic’s name', () => {
  const subjects = ['a-value', 'payments.v2-value', 'payment-value', 'eu.payments-value', 'refunds-value'];
  assert.deepEqual(nearestSubjects('payments-value', 'payments', subjects), [
    'payment-value',
    'eu.payments-value',
    'payments.v2-value',
  ]);
  assert.deepEqual(nearestSubjects('zebra-value', 'zebra', subjects), []);
});

test('a signal halfway leaves nothing behind', async (t) => {
  const folder = temporaryFolder(t);
  const out = join(folder, 'not', 'there', 'yet');
  const process = new TidemarkProcess(t, ['init', '--out', out, ...WHOLE]);
  const hasBegun = () => readdirSync(folder).length > 0 || process.end !== undefined;
  await waitFor(hasBegun, 'something of it in the folder', 30_000, { everyMs: 1 });
  assert.ok(!existsSync(out), 'it was too fast to be interrupted');
  process.kill('SIGINT');
  await process.endsWith(130);
  assert.deepEqual(readdirSync(folder), []);
});
