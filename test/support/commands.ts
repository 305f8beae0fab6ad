/** The commands of the command line, as its own program knows them. */
import type { Command } from 'commander';
import { program } from '../../src/cli/program.ts';

export interface Known {
  readonly command: Command;
  /** `model pack`; empty for the program itself. */
  readonly path: string;
}

/** The program and every command that its help shows. */
export function everyCommand(command: Command = program, path = ''): Known[] {
  const help = command.createHelp();
  const below = help.visibleCommands(command).filter((each) => each.name() !== 'help');
  return [
    { command, path },
    ...below.flatMap((each) => everyCommand(each, `${path} ${each.name()}`.trimStart())),
  ];
}

/** The whole of `tidemark COMMAND --help`. */
export function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (more) => {
      text += more;
    },
    getOutHelpWidth: () => 80,
  });
  command.outputHelp();
  return text;
}

/** The command that these words begin with, and the words behind it. */
function commandOf(words: readonly string[]): { command: Command; rest: readonly string[] } {
  let command = program;
  let at = 0;
  for (; at < words.length; at++) {
    const below = command.commands.find((each) => each.name() === words[at]);
    if (below === undefined) break;
    command = below;
  }
  return { command, rest: words.slice(at) };
}

/** What these words have that the command line does not know: options, commands. */
export function unknownWords(words: readonly string[]): string[] {
  const { command, rest } = commandOf(words);
  const flags = new Set(['--help', '-h', '--version', '-V']);
  for (const { short, long } of command.options) {
    if (short !== undefined) flags.add(short);
    if (long !== undefined) flags.add(long);
  }
  const options = rest.filter((word) => /^--?[a-z]/i.test(word)).map((word) => word.split('=', 1)[0]!);
  const strangers = options.filter((word) => !flags.has(word));
  const misspelt = command.commands.length > 0 && rest.length > 0 && !rest[0]!.startsWith('-');
  return misspelt ? [rest[0]!, ...strangers] : strangers;
}
