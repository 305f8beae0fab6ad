/** The scripts of `tidemark completion` in the shells they are for: one without a terminal, then all as somebody types. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { temporaryFolder } from '../support/cardFraud.ts';
import { waitFor } from '../support/stack.ts';
import { TidemarkProcess } from '../support/tidemark.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

interface Place {
  readonly folder: string;
  /** What `tidemark` was run with, one line a run, other than by the completion itself. */
  readonly ran: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A folder with files to complete, and a `tidemark` on the PATH that notes what it is asked to do. */
function place(t: TestContext): Place {
  const folder = temporaryFolder(t);
  const ran = join(folder, 'ran.txt');
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'config'));
  writeFileSync(join(folder, 'config', 'churn.yaml'), '');
  const program = `#!/bin/sh
case "$1" in completion*) exec '${process.execPath}' '${MAIN}' "$@";; esac
echo "$@" >> '${ran}'
`;
  writeFileSync(join(folder, 'bin', 'tidemark'), program, { mode: 0o755 });
  const env = { ...process.env, HOME: folder, TERM: 'dumb', PATH: `${folder}/bin:${process.env.PATH}` };
  return { folder, ran, env };
}

function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, program)));
}

/** Replies of bash's completion function for a line whose end the cursor is at. */
function bashReplies({ folder, env }: Place, lines: readonly string[]): string[][] {
  const script = `
    source <(tidemark completion bash)
    source <(tidemark completion bash)
    complete -p tidemark
    for line in "$@"; do
      COMP_LINE="$line" COMP_POINT=\${#line}
      read -ra COMP_WORDS <<< "$line"
      [[ $line == *' ' ]] && COMP_WORDS+=('')
      COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)) COMPREPLY=()
      _tidemark_completion
      echo "\${COMPREPLY[*]}"
    done`;
  const args = ['--noprofile', '--norc', '-c', script, 'bash', ...lines];
  const text = execFileSync('bash', args, { env, cwd: folder, encoding: 'utf8' });
  const [registered, ...replies] = text.trimEnd().split('\n');
  // Bash itself finds files where the function replies nothing.
  assert.equal(registered, 'complete -o default -F _tidemark_completion tidemark');
  return replies.map((reply) => reply.split(' ').filter(Boolean));
}

test('bash is told commands, options, choices and codes', { skip: !isInstalled('bash') }, (t) => {
  const asked: readonly [line: string, replies: readonly string[]][] = [
    ['tidemark che', ['check']],
    ['tidemark check --li', ['--live']],
    ['tidemark check --config ', []],
    ['tidemark model ', ['describe', 'pack', 'verify', 'help']],
    ['tidemark completion ', ['bash', 'zsh', 'fish']],
    ['tidemark errors E-FEATURE-', ['E-FEATURE-MISSING', 'E-FEATURE-RANGE', 'E-FEATURE-CATEGORY']],
    ['tidemark run $(touch evil) --unt', ['--until-end']],
  ];
  const here = place(t);
  const replies = bashReplies(
    here,
    asked.map(([line]) => line),
  );
  assert.deepEqual(
    replies,
    asked.map(([, expected]) => expected),
  );
  assert.ok(!existsSync(join(here.folder, 'evil')), 'what is typed must not be run before it is sent off');
});

/** What starts each shell with the completion on and the prompt `READY`, by the line that docs/commands.md gives. */
const SHELLS: Readonly<Record<string, (here: Place) => string>> = {
  bash: ({ folder }) => {
    writeFileSync(join(folder, '.rc'), "source <(tidemark completion bash)\nPS1='READY> '\n");
    return `bash --noprofile --rcfile ${folder}/.rc -i`;
  },
  zsh: ({ folder }) => {
    const lines = "autoload -Uz compinit\ncompinit -D -u\nsource <(tidemark completion zsh)\nPS1='READY> '\n";
    writeFileSync(join(folder, '.zshrc'), lines);
    return 'zsh -d -i';
  },
  fish: () =>
    `fish --no-config -i -C 'tidemark completion fish | source; function fish_prompt; echo "READY> "; end'`,
};

describe('somebody who types and presses Tab', () => {
  for (const [shell, start] of Object.entries(SHELLS)) {
    const lacks = process.platform !== 'linux' || !['script', shell].every(isInstalled);
    test(`gets the rest of the words in ${shell}`, { skip: lacks }, async (t) => {
      const here = place(t);
      // `script` gives it a terminal, without which shells complete nothing.
      const command = ['-qec', start(here), '/dev/null'];
      const env = { ...here.env, ZDOTDIR: here.folder, SHELL: '/bin/sh' };
      const child = spawn('script', command, { env, cwd: here.folder });
      t.after(() => child.kill('SIGKILL'));
      let screen = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        screen += text;
      });
      await waitFor(() => screen.includes('READY'), `the prompt of ${shell}`, 30_000);
      child.stdin.write('tidemark chec\t-c conf\tchu\t--li\t\r');
      const ran = () => (existsSync(here.ran) ? readFileSync(here.ran, 'utf8') : undefined);
      const typed = await waitFor(ran, 'the command to be run', 30_000).catch((cause) => {
        throw new Error(`${cause.message}; the terminal shows:\n${screen}`, { cause });
      });
      assert.equal(typed, 'check -c config/churn.yaml --live\n');
      child.stdin.end('exit\r');
    });
  }
});

test('another shell is refused with those there are', async (t) => {
  const process = new TidemarkProcess(t, ['completion', 'tcsh']);
  await process.endsWith(2);
  assert.match(process.story(), /'tcsh' is invalid .* Allowed choices are bash, zsh, fish/);
});
