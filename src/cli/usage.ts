import type { Command } from 'commander';

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
