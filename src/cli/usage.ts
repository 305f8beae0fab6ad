import { type Command, InvalidArgumentError } from 'commander';

/** Wrong usage exits 2 with one sentence and where to read more, for a command and all below it. */
export function explainUsage(command: Command, above = ''): void {
  const name = `${above}${command.name()}`;
  command
    .showHelpAfterError(`See \`${name} --help\`.`)
    .exitOverride((cause) => process.exit(cause.exitCode === 0 ? 0 : 2));
  for (const sub of command.commands) explainUsage(sub, `${name} `);
}

/** Refuses a command without an option it needs, naming all of them at once. */
export function requireOptions(command: Command, names: readonly string[]): void {
  const missing = names
    .filter((name) => command.getOptionValue(name) === undefined)
    .map((name) => `--${name}`);
  if (missing.length > 0) command.error(`error: missing ${missing.join(', ')}`);
}

/** Parses a count or number of at least `least`. */
export function wholeNumber(least: 0 | 1): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text !== '' && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`expected a whole number of at least ${least}`);
  };
}

/** Collects the values of an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
