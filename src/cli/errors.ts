import { Argument, Command, type Help } from 'commander';
import { nearestWord } from '../config/nearest.ts';
import { catalogue, type Disposition, dispositions, type ErrorCode } from '../errors.ts';
import { suggest } from './candidates.ts';
import { paint } from './output.ts';

const CODES = Object.keys(catalogue) as ErrorCode[];

/** `tidemark errors`: what the codes mean and what to do about them. */
export function errorsCommand(): Command {
  const code = new Argument(
    '[code]',
    'one to explain, in capitals or not; all are listed when it is left out',
  );
  suggest(
    code,
    CODES.map((name) => ({ name, description: catalogue[name].summary })),
  );
  return new Command('errors')
    .description('list the error codes, or explain one: what happened, what Tidemark does, what to do')
    .addArgument(code)
    .option('--json', 'print JSON: an array of all codes, or one object')
    .addHelpText(
      'after',
      `
Codes stand in the log, in /readyz, in metrics and in the headers of dead letters.
docs/errors.md is the same catalogue as a page.

Exit status: 0 told; 2 there is no such code.

Examples:
  $ tidemark errors
  $ tidemark errors E-FEATURE-MISSING
  $ tidemark errors --json | jq -r '.[] | select(.disposition == "stop") | .code'`,
    )
    .action((asked: string | undefined, { json = false }: { json?: boolean }, command: Command) => {
      if (asked === undefined) {
        print(json ? JSON.stringify(CODES.map(entryOf)) : listText(command));
        return;
      }
      const known = CODES.find((each) => each === asked.toUpperCase());
      if (known === undefined) command.error(unknownText(asked));
      else print(json ? JSON.stringify(entryOf(known)) : explanation(command, known));
    });
}

function entryOf(code: ErrorCode) {
  const { disposition, summary, action } = catalogue[code];
  return { code, disposition, summary, consequence: dispositions[disposition].consequence, action };
}

function unknownText(asked: string): string {
  const nearest = nearestWord(asked, CODES);
  const hint = nearest === undefined ? '`tidemark errors` lists them all' : `Did you mean ${nearest}?`;
  return `error: there is no code '${asked}'\n(${hint})`;
}

function listText(command: Command): string {
  const help = helpFor(command);
  const width = Math.max(...CODES.map((code) => code.length));
  const sections = (Object.keys(dispositions) as Disposition[]).map((disposition) => {
    const codes = CODES.filter((code) => catalogue[code].disposition === disposition);
    const lines = codes.map((code) => help.formatItem(code, width, catalogue[code].summary, help));
    return [paint('bold', dispositions[disposition].title, process.stdout), ...lines].join('\n');
  });
  return sections.join('\n\n');
}

function explanation(command: Command, code: ErrorCode): string {
  const { disposition, summary, action } = catalogue[code];
  const { title, consequence } = dispositions[disposition];
  const section = (heading: string, text: string) =>
    `${paint('dim', heading, process.stdout)}\n${helpFor(command).boxWrap(text, widthOf())}`;
  return [
    paint('bold', code, process.stdout),
    section('What happened', summary),
    section('What Tidemark does', `${title}. ${consequence}`),
    section('What to do', action),
  ].join('\n\n');
}

function helpFor(command: Command): Help {
  const help = command.createHelp();
  help.prepareContext({ helpWidth: widthOf() });
  return help;
}

/** Lines for a terminal are wrapped; those for `grep` are not. */
function widthOf(): number {
  return process.stdout.isTTY ? process.stdout.columns : 10_000;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
