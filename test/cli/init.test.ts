/** What `tidemark init` answers to the mistakes that people make: one sentence with the flag that mends it, and nothing written. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { initCommand } from '../../src/cli/init.ts';
import { exitStatus } from '../../src/cli/output.ts';
import { loadConfig } from '../../src/config/load.ts';
import { TidemarkError } from '../../src/errors.ts';
import { nearestSubjects } from '../../src/service/init/facts.ts';
import { initPipeline } from '../../src/service/init/init.ts';
import type { Proposal } from '../../src/service/init/proposal.ts';
import type { InitRequest, Question } from '../../src/service/init/request.ts';
import { temporaryFolder } from '../support/cardFraud.ts';
import { TidemarkProcess } from '../support/tidemark.ts';

const OWN = 'test/fixtures/own';
const MODELS = 'test/fixtures/models';
const NOBODY = ['--brokers', 'localhost:1', '--topic', 'biopsies'];
const OFFLINE = [
  ...NOBODY,
  '--registry',
  'http://localhost:1',
  '--offline',
  '--schema',
  `${OWN}/biopsy.avsc`,
];
const MATRIX = ['--model', `${OWN}/matrix.onnx`];
const FEATURES = ['--features', `${OWN}/features.yaml`];
const PLACES = ['--place', 'ca_15_3=labs["ca 15-3"]', '--place', 'thickness=thickness[0]'];
const WHOLE = [...MATRIX, ...FEATURES, ...PLACES, ...OFFLINE];

/** Runs `init` into a new folder. */
async function init(t: TestContext, ...args: string[]) {
  const folder = temporaryFolder(t);
  const out = join(folder, 'own');
  const process = new TidemarkProcess(t, ['init', '--out', out, ...args]);
  const { status, stdout } = await process.ended;
  const told = process.logs.map(({ msg }) => msg).join('\n');
  return { status, stdout, told, out, left: () => readdirSync(folder) };
}

/** Runs `init` in this process, for there are many: nothing but what it throws is looked at. */
async function refused(t: TestContext, status: 1 | 2, said: RegExp, ...args: string[]): Promise<void> {
  const folder = temporaryFolder(t);
  const command = initCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  const out = ['--out', join(folder, 'own')];
  const thrown = await command.parseAsync([...out, ...args], { from: 'user' }).then(
    () => assert.fail('it was not refused'),
    (cause: Error) => cause,
  );
  if (thrown instanceof TidemarkError) {
    assert.match(`${thrown.code} ${thrown.message}`, said);
    assert.equal(exitStatus(thrown), status);
  } else assert.match(thrown.message, said);
  assert.deepEqual(readdirSync(folder), [], 'something was left behind');
}

/** A registry that gives the same answer to whatever it is asked, but to the list of its subjects. */
async function registryThat(
  t: TestContext,
  status: number,
  answer: object,
  subjects: readonly string[] = [],
) {
  const server = createServer((request, response) => {
    const isList = request.url === '/subjects' && status !== 401;
    response.writeHead(isList ? 200 : status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isList ? subjects : answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return ['--registry', url];
}

const mistakes: readonly [what: string, status: 1 | 2, said: RegExp, args: readonly string[]][] = [
  [
    'nothing given and no terminal',
    2,
    /give --model .*\n.*give --topic .*\n.*give --brokers .*\n.*give --registry/,
    [],
  ],
  [
    'no registry given',
    2,
    /cannot be known:\n {2}the schema registry is not known: give --registry URL$/,
    [...MATRIX, ...NOBODY],
  ],
  ['no model there', 2, /--model: no\.onnx .*/, ['--model', 'no.onnx', ...OFFLINE]],
  [
    'a model that is no ONNX',
    2,
    /--model: .*biopsy\.avsc is not an ONNX model/,
    ['--model', `${OWN}/biopsy.avsc`, ...OFFLINE],
  ],
  [
    'a model that is no ONNX, and whose name is that of the folder',
    2,
    /--model: .*package\.json is not an ONNX model/,
    ['--model', 'package.json', ...OFFLINE],
  ],
  [
    'a model of types that are not fed',
    2,
    /--model: .*linear-half\.onnx cannot be served:\n.*float16.*cast inside the graph/,
    ['--model', `${MODELS}/linear-half.onnx`, ...OFFLINE],
  ],
  [
    'a score that is a list of dictionaries',
    2,
    /no output of the model can be a score; .*ZipMap.*'zipmap': False.*: export it again/,
    [
      '--model',
      `${MODELS}/logistic-zipmap.onnx`,
      '--features',
      'mean_radius,mean_area,error_area,error_radius',
      ...OFFLINE,
    ],
  ],
  [
    'columns without names',
    2,
    /does not name its columns \(features takes 35 columns, .*\): give --features a,b,c/,
    [...MATRIX, ...OFFLINE],
  ],
  [
    'too few features',
    2,
    /features: 2 for input features, expected 35.*: give --features with every column once/,
    [...MATRIX, '--features', 'mean_radius,mean_area', ...OFFLINE],
  ],
  [
    'features that match nothing',
    2,
    /no field of the events is named like feature zzzz: give --place zzzz=PLACE/,
    ['--model', `${MODELS}/logistic.onnx`, '--features', 'mean_radius,mean_area,error_area,zzzz', ...OFFLINE],
  ],
  [
    'a feature that may be two fields',
    2,
    /feature radius may be mean\.radius or error\.radius or worst\.radius: give --place radius=PLACE/,
    [
      '--model',
      `${MODELS}/logistic.onnx`,
      '--features',
      'radius,mean_area,error_area,mean_texture',
      ...OFFLINE,
    ],
  ],
  [
    'a feature that is likely a field',
    2,
    /feature mean_radus is likely mean\.radius .*: give --place mean_radus=mean\.radius\n {2}--yes takes/,
    [
      '--model',
      `${MODELS}/logistic.onnx`,
      '--features',
      'mean_radus,mean_area,error_area,mean_texture',
      ...OFFLINE,
    ],
  ],
  [
    'two features for one field',
    2,
    /features mean_area and MeanArea both look like mean\.area: give --place MeanArea=/,
    [
      '--model',
      `${MODELS}/logistic.onnx`,
      '--features',
      'mean_area,MeanArea,error_area,mean_texture',
      ...OFFLINE,
    ],
  ],
  [
    'a text where the model takes a number',
    2,
    /feature side is side, which holds enum clinic\.Side, .*float32: write `- \{ name: side, categories: \[BOTH, LEFT, RIGHT\] \}` in a features\.yaml/,
    [
      '--model',
      `${MODELS}/logistic.onnx`,
      '--features',
      'side,mean_area,error_area,mean_texture',
      ...OFFLINE,
    ],
  ],
  [
    'a place that is not there',
    2,
    /--place thickness=thicknes\[0\]: .*did you mean thickness\[0\]\?/,
    [
      ...MATRIX,
      ...FEATURES,
      ...OFFLINE,
      '--place',
      'thickness=thicknes[0]',
      '--place',
      'ca_15_3=labs["ca 15-3"]',
    ],
  ],
  [
    'a place of a feature that is not there',
    2,
    /--place thicknes: the model has no such feature: did you mean thickness\?/,
    [...WHOLE, '--place', 'thicknes=dose'],
  ],
  [
    'a place that is no path',
    2,
    /--place side=a b is no place in an event: write it as field\.inner/,
    [...WHOLE, '--place', 'side=a b'],
  ],
  ['a place without a feature', 2, /expected FEATURE=PLACE/, [...WHOLE, '--place', 'side']],
  [
    'a score that is not there',
    2,
    /no numeric output probabilites: give one of label, probabilities; did you mean probabilities\?/,
    [...WHOLE, '--score', 'probabilites:1'],
  ],
  [
    'an output without a name',
    2,
    /--output label does not say what it is called: give --output NAME=TENSOR/,
    [...WHOLE, '--output', 'label'],
  ],
  [
    'a score without its column',
    2,
    /which output is the score is not clear \(probabilities of 2 columns\): give --score TENSOR:COLUMN/,
    [...WHOLE, '--score', 'probabilities'],
  ],
  [
    'a schema that is not there',
    2,
    /--schema: no\.avsc .*/,
    [...MATRIX, ...NOBODY, '--registry', 'http://localhost:1', '--offline', '--schema', 'no.avsc'],
  ],
  [
    'a schema that is none',
    2,
    /--schema: .*features\.yaml is not a valid Avro schema/,
    [
      ...MATRIX,
      ...NOBODY,
      '--registry',
      'http://localhost:1',
      '--offline',
      '--schema',
      `${OWN}/features.yaml`,
    ],
  ],
  [
    'no schema and nobody to ask',
    2,
    /without asking the registry the events’ schema is not known: give --schema FILE/,
    [...MATRIX, ...NOBODY, '--registry', 'http://localhost:1', '--offline'],
  ],
  [
    'brokers without a port',
    2,
    /^E-USAGE --brokers .*host:port/,
    [...MATRIX, '--brokers', 'kafka', '--topic', 't', '--registry', 'http://localhost:1'],
  ],
  [
    'a registry that is no URL',
    2,
    /^E-USAGE --registry .*http/,
    [...MATRIX, ...NOBODY, '--registry', 'localhost:8081'],
  ],
  ['a name that is none', 2, /--name .*letters, digits/, [...WHOLE, '--name', 'a b']],
  ['a version that is none', 2, /--version.*semantic version/, [...WHOLE, '--version', '1']],
  [
    'a registry that does not answer',
    1,
    /E-REGISTRY-UNREACHABLE .*check --registry .*--schema FILE\.avsc/,
    [...MATRIX, ...NOBODY, '--registry', 'http://localhost:1'],
  ],
  [
    'a broker that does not answer',
    1,
    /E-KAFKA-UNREACHABLE .*check --brokers \(localhost:1\)/,
    [...MATRIX, ...NOBODY, '--registry', 'http://localhost:1', '--schema', `${OWN}/biopsy.avsc`],
  ],
  [
    'golden rows that the model does not give',
    1,
    /E-MODEL-GOLDEN .*does not give the scores/,
    [...WHOLE, '--score', 'probabilities:0', '--golden', `${OWN}/golden-rows.json`],
  ],
];

for (const [what, status, said, args] of mistakes) {
  test(`${what} is told in a sentence that mends it, and nothing is left behind`, (t) =>
    refused(t, status, said, ...args));
}

test('a registry that wants credentials is told, with the way round it', async (t) => {
  const registry = await registryThat(t, 401, { error_code: 401, message: 'Unauthorized' });
  await refused(
    t,
    1,
    /E-REGISTRY-AUTH .*answered 401.*give the schema by --schema FILE/,
    ...MATRIX,
    ...NOBODY,
    ...registry,
  );
});

test('a subject that is not there is told with those named like it', async (t) => {
  const subjects = ['orders-value', 'biopsies.v2-value', 'biopsis-value'];
  const registry = await registryThat(t, 404, { error_code: 40401, message: 'not found' }, subjects);
  const said =
    /subject biopsies-value is not in the registry \(there is biopsis-value, biopsies\.v2-value\): give --topic or --subject/;
  await refused(t, 2, said, ...MATRIX, ...NOBODY, ...registry);
});

test('a subject that is not Avro is told', async (t) => {
  const answer = { id: 1, version: 1, subject: 'x', schemaType: 'PROTOBUF', schema: 'syntax = "proto3";' };
  const registry = await registryThat(t, 200, answer);
  await refused(
    t,
    2,
    /biopsies-value holds Protobuf, and Tidemark reads Avro: give --topic or --subject/,
    ...MATRIX,
    ...NOBODY,
    ...registry,
  );
});

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
  while (readdirSync(folder).length === 0 && process.end === undefined)
    await new Promise((resolve) => setTimeout(resolve, 1));
  assert.ok(!existsSync(out), 'it was too fast to be interrupted');
  process.kill('SIGINT');
  await process.endsWith(130);
  assert.deepEqual(readdirSync(folder), []);
});
