import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CardOutput, cardInput } from '../../src/model/card.ts';
import { openSession, ort } from '../../src/model/ort.ts';
import { OrtScorer } from '../../src/model/scorer.ts';
import type { InputBuffer, OutputValues, TensorType } from '../../src/pipeline/ports.ts';
import { failsWith, fixture } from './fixtures.ts';

type Inputs = readonly (readonly [name: string, type: TensorType, ...shape: (number | string)[]])[];

/** Four numbers a row, in each layout a model may ask for. */
const LAYOUTS: Record<string, { inputs: Inputs; outputs: readonly (readonly [string, number?])[] }> = {
  linear: { inputs: [['X', 'float32', 'N', 4]], outputs: [['score'], ['logit', 0]] },
  'linear-double': { inputs: [['X', 'float64', 'N', 4]], outputs: [['score']] },
  'linear-external': { inputs: [['X', 'float32', 'N', 4]], outputs: [['score']] },
  'linear-fixed-1': { inputs: [['X', 'float32', 1, 4]], outputs: [['score']] },
  'linear-fixed-4': { inputs: [['X', 'float32', 4, 4]], outputs: [['score']] },
  columns: {
    inputs: [
      ['a', 'float32', 'N', 1],
      ['b', 'float32', 'N'],
      ['c', 'float32', 'N', 1],
      ['d', 'float32', 'N', 1],
    ],
    outputs: [['score']],
  },
  logistic: {
    inputs: [['X', 'float32', 'N', 4]],
    outputs: [['probabilities', 1], ['probabilities', 0], ['label']],
  },
  'logistic-open': { inputs: [['X', 'float32', 'N', 4]], outputs: [['probabilities', 1]] },
  'logistic-zipmap': { inputs: [['X', 'float32', 'N', 4]], outputs: [['output_label']] },
  trees: { inputs: [['X', 'float32', 'N', 4]], outputs: [['probabilities', 1], ['label']] },
  baked: { inputs: [['X', 'float32', 1, 4]], outputs: [['score']] },
};

const MIXED: Inputs = [
  ['amounts', 'float32', 'N', 2],
  ['count', 'int64', 'N', 1],
  ['day', 'int32', 'N', 1],
  ['night', 'bool', 'N'],
  ['wide', 'float64', 'N', 1],
  ['channel', 'string', 'N', 1],
];
const MIXED_OUTPUTS = ['score', 'positive', 'squared', 'day_out', 'wide_out', 'channel_out'];

async function open(
  model: string,
  inputs: Inputs,
  outputs: readonly (readonly [string, number?])[],
  rowsPerRun = 1024,
): Promise<OrtScorer> {
  const columns: CardOutput[] = outputs.map(([tensor, column], i) => ({ name: `o${i}`, tensor, column }));
  return new OrtScorer({
    session: await openSession(fixture(`${model}.onnx`)),
    card: {
      name: model,
      version: '1.0.0',
      inputs: inputs.map(([name, type, ...shape]) => cardInput({ name, type, shape })),
      outputs: columns,
    },
    digest: '0123456789abcdef'.repeat(4),
    rowsPerRun,
  });
}

/** Puts row-major numbers into the inputs, columns of the inputs in order. */
function fill(buffers: readonly InputBuffer[], rows: readonly (readonly number[])[]): void {
  for (const [row, values] of rows.entries()) {
    let at = 0;
    for (const buffer of buffers) {
      for (let column = 0; column < buffer.columns; column++) {
        buffer.values[row * buffer.columns + column] = values[at++]!;
      }
    }
  }
}

const values = (outputs: readonly OutputValues[]) =>
  outputs.map((output) => Array.from<unknown>(output.values));

/** The oracle: each row alone, straight through ONNX Runtime, of a model whose batch is one row or open. */
async function rowByRow(
  model: string,
  inputs: Inputs,
  outputs: readonly (readonly [string, number?])[],
  rows: readonly (readonly number[])[],
): Promise<number[][]> {
  const session = await openSession(fixture(`${model}.onnx`));
  const expected: number[][] = outputs.map(() => []);
  for (const row of rows) {
    const feeds: Record<string, InstanceType<typeof ort.Tensor>> = {};
    let at = 0;
    for (const [name, type, , ...rest] of inputs) {
      const columns = rest.reduce<number>((product, dim) => product * Number(dim), 1);
      const cells = row.slice(at, at + columns);
      at += columns;
      const data = type === 'float64' ? Float64Array.from(cells) : Float32Array.from(cells);
      feeds[name] = new ort.Tensor(type as 'float32', data as Float32Array, [1, ...(rest as number[])]);
    }
    const got = await session.run(feeds, [...new Set(outputs.map(([tensor]) => tensor))]);
    for (const [i, [tensor, column = 0]] of outputs.entries())
      expected[i]!.push(Number(got[tensor]!.data[column]));
  }
  await session.release();
  return expected;
}

const rowsArbitrary = fc.array(
  fc.array(fc.double({ min: -30, max: 30, noNaN: true }).map(Math.fround), { minLength: 4, maxLength: 4 }),
  { minLength: 1, maxLength: 23 },
);

for (const [model, { inputs, outputs }] of Object.entries(LAYOUTS)) {
  test(`${model}: batches in chunks of any size give what each row gives alone`, async (t) => {
    const scorer = await open(model, inputs, outputs);
    t.after(() => scorer.close());
    // A model of four rows a run is the same function as the one that takes any number.
    const oracle = model === 'linear-fixed-4' ? 'linear' : model;
    const oracleInputs = oracle === model ? inputs : LAYOUTS.linear!.inputs;
    await fc.assert(
      fc.asyncProperty(
        rowsArbitrary,
        fc.integer({ min: 1, max: 24 }),
        fc.nat(3),
        async (rows, rowsPerRun, spare) => {
          scorer.setRowsPerRun(rowsPerRun);
          const buffers = scorer.newInputs(rows.length + spare);
          const into = scorer.newOutputs(rows.length + spare);
          fill(buffers, rows);
          await scorer.run(buffers, rows.length, into);
          const expected = await rowByRow(oracle, oracleInputs, outputs, rows);
          for (const [i, column] of expected.entries()) {
            for (const [row, want] of column.entries()) {
              const got = into[i]!.values[row] as number;
              assert.ok(
                Math.abs(got - want) <= 2e-6 * Math.max(1, Math.abs(want)),
                `row ${row}: ${got}, not ${want}`,
              );
            }
            assert.deepEqual(
              Array.from<unknown>(into[i]!.values).slice(rows.length),
              Array.from({ length: spare }, () => 0),
              'rows beyond the batch are left alone',
            );
          }
        },
      ),
      { numRuns: 25 },
    );
  });
}

for (const [model, batch] of [
  ['mixed', 'N'],
  ['mixed-fixed-3', 3],
] as const) {
  test(`${model}: every element type goes in and comes out exactly`, async (t) => {
    const inputs = MIXED.map(([name, type, , ...rest]) => [name, type, batch, ...rest] as const);
    const scorer = await open(
      model,
      inputs,
      MIXED_OUTPUTS.map((name) => [name]),
      // The fixed batch goes before what was asked.
      batch === 3 ? 64 : 2,
    );
    t.after(() => scorer.close());
    const buffers = scorer.newInputs(5);
    const [amounts, count, day, night, wide, channel] = buffers;
    (amounts!.values as Float32Array).set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    new BigInt64Array((count!.values as Int32Array).buffer).set([2n, -3n, 0n, 94906265n, -1n]);
    (day!.values as Int32Array).set([5, -6, 7, 2 ** 31 - 1, 0]);
    (night!.values as Uint8Array).set([1, 0, 1, 0, 1]);
    (wide!.values as Float64Array).set([0.1, -1e300, 0, 1 / 3, 5]);
    for (const [row, text] of ['web', 'pos', 'atm', 'else', ''].entries()) channel!.values[row] = text;
    const into = scorer.newOutputs(5);
    assert.deepEqual(
      into.map(({ kind }) => kind),
      ['number', 'number', 'number', 'number', 'number', 'string'],
    );
    await scorer.run(buffers, 5, into);
    const [score, positive, squared, dayOut, wideOut, channelOut] = values(into);
    assert.deepEqual(squared, [4, 9, 0, 94906265 ** 2, 1]);
    assert.deepEqual(dayOut, [5, -6, 7, 2 ** 31 - 1, 0]);
    assert.deepEqual(wideOut, [0.1, -1e300, 0, 1 / 3, 5]);
    assert.deepEqual(channelOut, ['web', 'pos', 'atm', 'else', '']);
    const alone = (row: number, encoded: number) => {
      const at = (buffer: InputBuffer) => Number(buffer.values[row]);
      const words = new BigInt64Array((count!.values as Int32Array).buffer);
      const parts = [at(day!) * 0.5, at(night!) * 3, -at(wide!), encoded * 2, Number(words[row]) * 0.25];
      return 1 + row * 2 - 2 * (2 + row * 2) + parts.reduce((sum, part) => sum + part);
    };
    for (const [row, encoded] of [0.5, 1.5, -2.5, 9, 9].entries()) {
      const want = Math.fround(alone(row, encoded));
      if (Number.isFinite(want))
        assert.ok(Math.abs(Number(score![row]) - want) <= 1e-5 * Math.abs(want) + 1e-5);
      assert.equal(positive![row], Number(Number(score![row]) > 0));
    }
  });
}

test('an int64 beyond 32 bits, of either sign, comes out as that number', async (t) => {
  const scorer = await open('mixed', MIXED, [['squared']]);
  t.after(() => scorer.close());
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: -94906265, max: 94906265 }), async (value) => {
      const buffers = scorer.newInputs(1);
      new BigInt64Array((buffers[1]!.values as Int32Array).buffer)[0] = BigInt(value);
      const into = scorer.newOutputs(1);
      await scorer.run(buffers, 1, into);
      assert.equal(into[0]!.values[0], value * value);
    }),
  );
});

test('timers and sockets have their turn between chunks', async (t) => {
  const scorer = await open('linear', LAYOUTS.linear!.inputs, [['score']], 1);
  t.after(() => scorer.close());
  let turns = 0;
  let counting = true;
  const count = () => {
    turns++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  await scorer.run(scorer.newInputs(20), 20, scorer.newOutputs(20));
  counting = false;
  assert.ok(turns >= 19, `${turns} turns in 20 chunks`);
});

test('the scorer names its model and its outputs', async (t) => {
  const scorer = await open(
    'mixed',
    MIXED,
    MIXED_OUTPUTS.map((name) => [name]),
  );
  t.after(() => scorer.close());
  assert.deepEqual([scorer.name, scorer.version, scorer.digest], ['mixed', '1.0.0', '0123456789abcdef']);
  assert.deepEqual(
    scorer.outputs.map(({ type }) => type),
    ['float32', 'bool', 'int64', 'int32', 'float64', 'string'],
  );
});

test('a failing run names the model, the rows and the reason', async (t) => {
  const scorer = await open('baked', [['X', 'float32', 'N', 4]], [['score']]);
  t.after(() => scorer.close());
  const run = scorer.run(scorer.newInputs(3), 3, scorer.newOutputs(3));
  await failsWith(run, 'E-MODEL-RUN', ['rows 0 to 2', 'model baked', 'Reshape']);
  await run.catch((error: Error) => assert.ok(error.cause instanceof Error));
});

test('a column that the tensor turns out not to have is told', async (t) => {
  const beyond = await open('linear', LAYOUTS.linear!.inputs, [['score', 1]]);
  const open2 = await open('logistic', LAYOUTS.logistic!.inputs, [['probabilities']]);
  t.after(() => Promise.all([beyond.close(), open2.close()]));
  await failsWith(beyond.run(beyond.newInputs(2), 2, beyond.newOutputs(2)), 'E-MODEL-SIGNATURE', [
    'output o0: tensor score has no column 1; the only column is 0',
  ]);
  await failsWith(open2.run(open2.newInputs(2), 2, open2.newOutputs(2)), 'E-MODEL-SIGNATURE', [
    'tensor probabilities has 2 columns; say which one (column: 0 to 1)',
  ]);
});

test('closing waits for the run in hand; nothing runs after it', async () => {
  const scorer = await open('linear', LAYOUTS.linear!.inputs, [['score']], 1);
  const into = scorer.newOutputs(50);
  const run = scorer.run(scorer.newInputs(50), 50, into);
  await Promise.all([scorer.close(), scorer.close()]);
  await run;
  assert.ok(Array.from(into[0]!.values as Float64Array).every((score) => score > 0));
  await failsWith(scorer.run(scorer.newInputs(1), 1, scorer.newOutputs(1)), 'E-INTERNAL', [
    'after it was closed',
  ]);
});

test('the telemetry of ONNX Runtime is off in this process', () => {
  assert.equal(process.env.ORT_DISABLE_TELEMETRY, '1');
});
