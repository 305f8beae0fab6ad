import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { TidemarkError } from '../../src/errors.ts';
import { readOnnx } from '../../src/model/onnxProto.ts';
import { openSession } from '../../src/model/ort.ts';
import { failsWith, fixture } from './fixtures.ts';

const MODELS = [
  'baked',
  'columns',
  'linear-double',
  'linear-external',
  'linear-fixed-1',
  'linear-fixed-4',
  'linear-half',
  'linear',
  'logistic-open',
  'logistic-zipmap',
  'logistic',
  'mixed-fixed-3',
  'mixed',
  'trees',
];

const read = (name: string) => readOnnx(readFileSync(fixture(`${name}.onnx`)), name);

for (const model of MODELS) {
  test(`inputs and outputs of ${model} are those ONNX Runtime sees`, async () => {
    const session = await openSession(fixture(`${model}.onnx`));
    const onnx = read(model);
    const seen = (values: typeof session.inputMetadata) =>
      values.map((value) => [value.name, value.isTensor ? value.type : 'sequence']);
    assert.deepEqual(
      onnx.inputs.map(({ name, type }) => [name, type]),
      seen(session.inputMetadata),
    );
    assert.deepEqual(
      onnx.outputs.map(({ name, type }) => [name, type]),
      seen(session.outputMetadata),
    );
    const shapes = session.inputMetadata.map((value) =>
      value.isTensor ? value.shape.map((d) => d || '?') : [],
    );
    assert.deepEqual(
      onnx.inputs.map(({ shape }) => shape),
      shapes,
    );
    await session.release();
  });
}

test('versions, producer and metadata are read', () => {
  const onnx = read('logistic');
  assert.equal(onnx.irVersion, 9);
  assert.equal(onnx.producer, 'skl2onnx 1.20.0');
  assert.deepEqual(onnx.metadata, { trained_on: 'breast cancer, first four columns' });
  assert.deepEqual(onnx.opsets, [
    { domain: 'ai.onnx', version: 17 },
    { domain: 'ai.onnx.ml', version: 1 },
  ]);
  assert.deepEqual(onnx.externalFiles, []);
});

test('weights kept in another file are named', () => {
  assert.deepEqual(read('linear-external').externalFiles, ['linear-external.onnx.data']);
});

test('an output made by ZipMap is told from a tensor', () => {
  const [label, probability] = read('logistic-zipmap').outputs;
  assert.deepEqual([label!.kind, label!.zipMap], ['tensor', false]);
  assert.deepEqual([probability!.kind, probability!.zipMap], ['sequence', true]);
});

test('what is no ONNX model is refused in words', async () => {
  await failsWith(
    () => readOnnx(Buffer.from('version https://git-lfs.github.com/spec/v1'), 'x.onnx'),
    'E-MODEL-PACKAGE',
    ['x.onnx is not an ONNX model'],
  );
  await failsWith(() => readOnnx(new Uint8Array(0), 'x.onnx'), 'E-MODEL-PACKAGE', [
    'no graph',
    'Export the model',
  ]);
});

test('bytes cut or changed anywhere give a description or E-MODEL-PACKAGE, nothing else', () => {
  const bytes = readFileSync(fixture('mixed.onnx'));
  const attempt = (damaged: Uint8Array) => {
    try {
      readOnnx(damaged, 'damaged.onnx');
    } catch (error) {
      assert.ok(error instanceof TidemarkError && error.code === 'E-MODEL-PACKAGE', String(error));
    }
  };
  fc.assert(
    fc.property(fc.nat(bytes.length), fc.nat(bytes.length - 1), fc.nat(255), (end, at, value) => {
      attempt(bytes.subarray(0, end));
      const changed = Buffer.from(bytes);
      changed[at] = value;
      attempt(changed);
    }),
    { numRuns: 500 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt));
});

test('nesting without end is refused, not followed', async () => {
  // ModelProto.graph (7) > node (1) > attribute (5) > g (6), the last three over and over.
  const wrap = (field: number, body: Buffer) => {
    const length: number[] = [];
    for (let rest = body.length; ; rest >>>= 7) {
      length.push(rest > 127 ? (rest & 127) | 128 : rest);
      if (rest <= 127) break;
    }
    return Buffer.concat([Buffer.from([(field << 3) | 2, ...length]), body]);
  };
  let graph: Buffer = Buffer.alloc(0);
  for (let depth = 0; depth < 3000; depth++) graph = wrap(1, wrap(5, wrap(6, graph)));
  await failsWith(() => readOnnx(wrap(7, graph), 'deep.onnx'), 'E-MODEL-PACKAGE', ['deep.onnx']);
});
