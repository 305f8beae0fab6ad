import type { Argument, Command, Option } from 'commander';

export interface Candidate {
  readonly name: string;
  readonly description: string;
}

/** What may stand for a word: these, or the name of a file. */
export type Candidates = readonly Candidate[] | 'files';

const suggested = new WeakMap<Argument, readonly Candidate[]>();

/** Says what an argument may be without insisting on it, for values too many to be listed in the help as choices. */
export function suggest(argument: Argument, values: readonly Candidate[]): Argument {
  suggested.set(argument, values);
  return argument;
}

/**
 * What may be written for the last of these words, the others being what stands before it; the first is the program.
 * Not narrowed to what begins as the last word does: shells do that.
 */
export function candidatesFor(program: Command, words: readonly string[]): Candidates {
  const { command, option, given, optionsEnded } = standing(program, words.slice(1, -1));
  const typed = words.at(-1) ?? '';
  if (option !== undefined) return valuesOf(option.argChoices, placeholder(option.flags));
  if (typed.startsWith('-') && !optionsEnded) {
    const [flag, value] = typed.split('=', 2);
    if (value === undefined) return optionsOf(command);
    // Shells differ in what they take for the word after `=`; only names of files all of them find by themselves.
    return takesFile(placeholder(find(command, flag!)?.flags ?? '')) ? 'files' : [];
  }
  const commands = given === 0 ? command.createHelp().visibleCommands(command) : [];
  if (commands.length > 0) return commands.map((each) => named(each.name(), each.description()));
  const argument = argumentAt(command, given);
  if (argument === undefined) return optionsOf(command);
  return suggested.get(argument) ?? valuesOf(argument.argChoices, argument.name());
}

interface Standing {
  readonly command: Command;
  /** The option whose value comes next. */
  readonly option: Option | undefined;
  /** How many arguments the command has been given. */
  readonly given: number;
  readonly optionsEnded: boolean;
}

function standing(program: Command, words: readonly string[]): Standing {
  let command = program;
  let option: Option | undefined;
  let given = 0;
  let optionsEnded = false;
  for (const word of words) {
    if (option !== undefined) {
      option = undefined;
    } else if (word === '--') {
      optionsEnded = true;
    } else if (word.startsWith('-') && !optionsEnded) {
      option = word.includes('=') ? undefined : withValue(find(command, word));
    } else {
      const below = given === 0 ? command.commands.find((each) => each.name() === word) : undefined;
      if (below === undefined) given++;
      else command = below;
    }
  }
  return { command, option, given, optionsEnded };
}

function find(command: Command, flag: string): Option | undefined {
  return command.options.find(({ short, long }) => flag === short || flag === long);
}

function withValue(option: Option | undefined): Option | undefined {
  return option?.required ? option : undefined;
}

function argumentAt({ registeredArguments }: Command, index: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[index] ?? (last?.variadic ? last : undefined);
}

function optionsOf(command: Command): Candidate[] {
  const options = command.createHelp().visibleOptions(command);
  return options.map(({ long, short, description }) => named((long ?? short)!, description));
}

function valuesOf(choices: readonly string[] | undefined, placeholderText: string): Candidates {
  if (choices !== undefined) return choices.map((choice) => named(choice, ''));
  return takesFile(placeholderText) ? 'files' : [];
}

/** `file.yaml` of `-c, --config <file>`. */
function placeholder(flags: string): string {
  return /<([^>]+)>/.exec(flags)?.[1] ?? '';
}

/** By what help shows for the value: `<file>`, `<folder>`, `<rows.json>`. */
function takesFile(placeholderText: string): boolean {
  return /file|folder|\.[a-z]+\b/i.test(placeholderText);
}

/** Shells show a line of description at most. */
function named(name: string, description: string): Candidate {
  return { name, description: description.split(/[;\n]/, 1)[0]! };
}
