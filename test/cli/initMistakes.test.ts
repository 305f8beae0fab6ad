/** What `tidemark init` answers to the mistakes that people make: one sentence with the flag that mends it, and nothing written. */
import { test } from 'node:test';
import {
  FEATURES,
  MATRIX,
  MODELS,
  NOBODY,
  OFFLINE,
  OWN,
  refused,
  registryThat,
  WHOLE,
} from './initGround.ts';

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
