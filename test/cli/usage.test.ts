import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TidemarkProcess } from '../support/tidemark.ts';

const wrong: readonly [args: string[], said: RegExp][] = [
  [['chek'], /unknown command 'chek'\n\(Did you mean check\?\)\nSee `tidemark --help`/],
  [['check'], /-c, --config <file>.*\nSee `tidemark check --help`/],
  [['run', '-c'], /argument missing\nSee `tidemark run --help`/],
  [['check', '-c', 'x.yaml', '--liv'], /Did you mean --live\?\)\nSee `tidemark check --help`/],
  [
    ['model', 'pack', 'x.onnx'],
    /missing --name, --version, --features, --score\nSee `tidemark model pack --help`/,
  ],
  [['topics', '-c', 'x.yaml', '--partitions', '0'], /expected a whole number of at least 1/],
];

for (const [args, said] of wrong) {
  test(`tidemark ${args.join(' ')} exits 2, with one sentence and where to read more`, async (t) => {
    const process = new TidemarkProcess(t, args);
    assert.equal((await process.endsWith(2)).stdout, '');
    assert.match(process.logs.map(({ msg }) => msg).join('\n'), said);
  });
}

test('without arguments tidemark shows what it can do', async (t) => {
  const process = new TidemarkProcess(t, []);
  await process.endsWith(2);
  assert.match(process.story(), /From a model to scores/);
});
