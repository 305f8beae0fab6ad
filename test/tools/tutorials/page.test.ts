import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { follow, untrue } from '../../../tools/tutorials/follow.ts';
import { packagesOf, readPage, withShown } from '../../../tools/tutorials/page.ts';

const FENCE = '```';

function block(info: string, text: string): string {
  return `${FENCE}${info}\n${text}\n${FENCE}\n`;
}

function pageOf(t: TestContext, ...blocks: string[]): { file: string; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-page-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'page.md');
  writeFileSync(file, `# A page\n\n${blocks.join('\nwords\n\n')}`);
  return { file, folder };
}

async function followed(t: TestContext, ...blocks: string[]) {
  const { file, folder } = pageOf(t, ...blocks);
  return follow(readPage(file), { page: 'page.md', folder, pythonBin: folder });
}

test('a page is files to save, packages to install and commands to run', (t) => {
  const { file } = pageOf(
    t,
    block('sh environment', 'python3 -m venv .venv\npip install numpy==2.4.6 onnx==1.23.2'),
    block('python a.py', 'print(1)'),
    block('sh', 'python a.py'),
    block('text', '1'),
    block('sh fails', 'false'),
  );
  const steps = readPage(file);
  assert.deepEqual(packagesOf(steps), ['numpy==2.4.6', 'onnx==1.23.2']);
  assert.deepEqual(steps.slice(1), [
    { kind: 'file', name: 'a.py', text: 'print(1)\n' },
    { kind: 'commands', commands: 'python a.py\n', fails: false, shown: '1\n', line: 16 },
    { kind: 'commands', commands: 'false\n', fails: true, shown: undefined, line: 28 },
  ]);
});

test('a block that nobody would run is refused', (t) => {
  for (const [blocks, words] of [
    [[block('python', 'x = 1')], /a python block says which file it is/],
    [[block('text', 'x')], /follows the commands that print it/],
    [[block('sh environment', 'conda install numpy')], /a line "pip install/],
    [[block('sh', 'true'), block('text', 'a'), block('text', 'b')], /follows the commands/],
  ] as const) {
    assert.throws(() => readPage(pageOf(t, ...blocks).file), words);
  }
});

test('what is not printed as shown is told with its line; digests, sizes and digits may differ', async (t) => {
  const digest = 'a'.repeat(64);
  const true_ = await followed(
    t,
    block('python a.py', 'saved'),
    block('sh', `cat a.py; echo digest ${'b'.repeat(64)} of 12 bytes, off by 7.1e-2, by 2.15.0+cpu`),
    block('text', `saved\ndigest ${digest} of 99 bytes, off by 1.2e-3, by 2.15.0+cu132`),
  );
  assert.deepEqual(untrue(true_), []);
  const [lie] = untrue(await followed(t, block('sh', 'echo one >&2'), block('text', 'two')));
  assert.match(lie!, /^page\.md:3: the commands print\none\n\nwhere the page shows\ntwo/);
});

test('commands end as the page says', async (t) => {
  await followed(t, block('sh fails', 'exit 3'));
  await assert.rejects(followed(t, block('sh', 'echo why; false; true')), /page\.md:3: .* status 1\nwhy/);
  await assert.rejects(followed(t, block('sh fails', 'true')), /page\.md:3: .* status 0/);
});

test('a page can be made to show what was printed', () => {
  const page = (text: string) => `a\n${block('sh', 'echo $&')}${block('text', text)}b\n`;
  assert.equal(withShown(page('old'), ['$& and $1\n']), page('$& and $1'));
});
