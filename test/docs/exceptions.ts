/**
 * What stands in the documents and is not run by test/integration/docs.test.ts, and why. Each entry has to match something, and
 * a test that is named has to have the words that prove it runs the thing: test/docs/snippets.test.ts sees to both.
 */
export type Exception = {
  /** A page, or the beginning of the paths of several: `docs/tutorials/`; `''` is all of them. */
  readonly page: string;
  /** Beginning of the command, on one line; `''` is all of them. */
  readonly command: string;
} & (
  | { /** The test that runs it, and words in that test. */ readonly by: string; readonly words: string }
  | { /** Why no test can run it on one machine. */ readonly because: string }
);

const STACK = { by: 'test/integration/stackLife.test.ts', words: "stackCommand('up'" };
const COMPLETION = { by: 'test/cli/completion.test.ts', words: 'tidemark completion' };
const PACKED = { by: 'test/integration/package.test.ts', words: 'README.md' };
const BENCH = { by: 'test/integration/bench.test.ts', words: 'bench/pipeline.ts' };
const MEASURES =
  'it measures for minutes, and a figure from a machine that runs tests at the same time means nothing';
const NO_ENGINE =
  'it needs a Docker engine; test/faults/image.test.ts runs the lines of the Dockerfile, test/deploy/compose.test.ts looks at the other file';

export const EXCEPTIONS: readonly Exception[] = [
  {
    page: 'README.md',
    command: 'npm ci',
    because: 'it would replace the packages that the tests run with; every checkout begins with it',
  },
  { page: 'README.md', command: 'npm run demo', by: 'test/integration/demo.test.ts', words: 'tools/demo.ts' },
  { page: 'README.md', command: 'npm install --ignore-scripts tidemark', ...PACKED },
  { page: 'README.md', command: 'npm test', because: 'it is what runs this test' },
  { page: '', command: 'npm run stack -- ', ...STACK },
  { page: 'docs/commands.md', command: 'source <(tidemark completion ', ...COMPLETION },
  { page: 'docs/commands.md', command: 'tidemark completion fish | source', ...COMPLETION },
  {
    page: 'docs/operate.md',
    command: 'tidemark leave -c churn.yaml',
    by: 'test/integration/nativeGroup.test.ts',
    words: "['leave', '-c', file",
  },
  {
    page: 'docs/scaling.md',
    command: 'npm run tidemark -- top',
    by: 'test/integration/top.test.ts',
    words: "['top', '-c', file",
  },
  ...['pause', 'resume', 'drain', 'log-level', 'skip', 'seek'].map((verb) => ({
    page: 'docs/control.md',
    command: `tidemark ${verb} `,
    by: 'test/integration/control.test.ts',
    words: `'${verb}'`,
  })),
  {
    page: 'docs/control.md',
    command: 'tidemark audit ',
    by: 'test/integration/control.test.ts',
    words: 'auditOf(t, pipeline)',
  },
  {
    page: 'docs/guarantees.md',
    command: 'tidemark ',
    by: 'test/integration/control.test.ts',
    words: 'what is kept holds for who comes',
  },
  { page: 'docs/performance.md', command: 'npm run bench', ...BENCH },
  { page: 'docs/performance.md', command: 'npm run --silent bench', ...BENCH },
  {
    page: 'docs/scenes.md',
    command: 'npm run scenes',
    by: 'test/faults/scenes.test.ts',
    words: 'for (const scene of scenes)',
  },
  {
    page: 'docs/demo.md',
    command: 'npm run demo',
    by: 'test/integration/demo.test.ts',
    words: 'tools/demo.ts',
  },
  {
    page: 'docs/bring-your-own.md',
    command: '',
    by: 'test/integration/init.test.ts',
    words: "'init', '--model'",
  },
  {
    page: 'docs/tutorials/regression.md',
    command: '',
    by: 'test/integration/regression.test.ts',
    words: 'docs/tutorials/regression.md',
  },
  { page: 'docs/tutorials/', command: '', by: 'test/tutorials/light.test.ts', words: 'TUTORIALS' },
  { page: 'docs/performance.md', command: 'node bench/', because: MEASURES },
  { page: 'docs/deploy.md', command: 'docker ', because: NO_ENGINE },
  { page: 'docs/deploy.md', command: 'TIDEMARK_RATE=5000 docker ', because: NO_ENGINE },
  {
    page: 'docs/deploy.md',
    command: 'kubectl kustomize ',
    by: 'test/deploy/kubernetesTypes.test.ts',
    words: 'render(folder)',
  },
  { page: 'docs/deploy.md', command: 'kubectl ', because: 'it needs a cluster' },
];

export function exceptionFor(page: string, command: string): Exception | undefined {
  return EXCEPTIONS.find((each) => page.startsWith(each.page) && command.startsWith(each.command));
}
