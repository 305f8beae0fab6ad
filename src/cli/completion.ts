import { Argument, Command } from 'commander';
import { candidatesFor } from './candidates.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** `tidemark completion`: a script that lets a shell complete words of this command line. */
export function completionCommand(): Command {
  return new Command('completion')
    .description('print a script that lets your shell complete commands, options, codes and file names')
    .addArgument(new Argument('<shell>', 'the shell it is for').choices(SHELLS))
    .addHelpText(
      'after',
      `
The script asks \`tidemark\` itself, which must be on the PATH. It changes nothing
by being printed; put the line for your shell into the file that it reads at start.

Exit status: 0 printed; 2 no such shell.

Examples:
  $ tidemark completion bash                   print it
  $ source <(tidemark completion bash)         ~/.bashrc
  $ source <(tidemark completion zsh)          ~/.zshrc, after compinit
  $ tidemark completion fish | source          ~/.config/fish/config.fish`,
    )
    .action(async (shell: Shell) => {
      const { getCompletionScript } = (await import('@pnpm/tabtab')).default;
      const script = await getCompletionScript({ name: 'tidemark', completer: 'tidemark', shell });
      process.stdout.write(`${script.trimEnd()}\n`);
    });
}

/** What the scripts ask, under the name that they know it by. */
export function completionServerCommand(program: Command): Command {
  return new Command('completion-server')
    .description('print what may be written for the last of these words')
    .argument('[words...]', 'the words of a command line')
    .action(async (words: string[]) => {
      const { getShellFromEnv, log, logFiles } = (await import('@pnpm/tabtab')).default;
      const shell = getShellFromEnv(process.env) as Shell;
      const found = candidatesFor(program, upToCursor(shell, words));
      if (found !== 'files') log([...found], shell);
      // Where a completion finds nothing bash looks for files by itself, and knows folders from files as it does so.
      else if (shell !== 'bash') logFiles();
    });
}

/** The words before the cursor and the one it stands in, which may be empty. */
function upToCursor(shell: Shell, words: readonly string[]): readonly string[] {
  const { COMP_CWORD = '0', COMP_LINE = '', COMP_POINT = '0' } = process.env;
  if (shell !== 'fish') {
    const upTo = Number(COMP_CWORD) + 1;
    return Array.from({ length: upTo }, (_, at) => words[at] ?? '');
  }
  // Fish gives all words of the line but not an empty one; only the position tells whether a new word has begun.
  const before = COMP_LINE.slice(0, Number(COMP_POINT));
  const count = before.trimEnd().split(' ').length;
  return before.endsWith(' ') ? [...words.slice(0, count), ''] : words.slice(0, count);
}
