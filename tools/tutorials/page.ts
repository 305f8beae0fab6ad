/**
 * The fenced blocks of a tutorial, as a reader would copy them. The first word after the fence is the language, for those who draw the
 * page; what follows says what the block is:
 *
 *     ```python NAME.py     a file to save, likewise ```yaml NAME.yaml
 *     ```sh environment     how the packages are installed
 *     ```sh                 commands to run in order; ```sh fails: of which the last is meant to fail
 *     ```text               what the commands before it print
 */
import { readFileSync } from 'node:fs';

export type Step =
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  | { readonly kind: 'environment'; readonly packages: readonly string[] }
  | {
      readonly kind: 'commands';
      readonly commands: string;
      readonly fails: boolean;
      /** Undefined where the page does not show it. */
      readonly shown: string | undefined;
      /** In the page, from 1. */
      readonly line: number;
    };

const FENCED = /^```(\S+)[ \t]*(.*)\n([\s\S]*?)^```$/gm;
const PIP_INSTALL = /^pip install (.+)$/m;

/** Reads a page's steps in order. Throws on a block that is none of the kinds above. */
export function readPage(file: string): Step[] {
  const markdown = readFileSync(file, 'utf8');
  const steps: Step[] = [];
  for (const { 1: language, 2: words, 3: text, index } of markdown.matchAll(FENCED)) {
    const line = markdown.slice(0, index).split('\n').length;
    const at = `${file}:${line}`;
    if (language === 'text') {
      const before = steps.pop();
      if (before?.kind !== 'commands' || before.shown !== undefined) {
        throw new Error(`${at}: a text block follows the commands that print it`);
      }
      steps.push({ ...before, shown: text! });
    } else if (language === 'sh') {
      steps.push(shellStep(words!, text!, line, at));
    } else {
      if (words === '') throw new Error(`${at}: a ${language} block says which file it is`);
      steps.push({ kind: 'file', name: words!, text: text! });
    }
  }
  return steps;
}

function shellStep(words: string, text: string, line: number, at: string): Step {
  if (words === '' || words === 'fails') {
    return { kind: 'commands', commands: text, fails: words === 'fails', shown: undefined, line };
  }
  const packages = PIP_INSTALL.exec(text)?.[1]?.split(' ');
  if (words !== 'environment' || packages === undefined) {
    throw new Error(`${at}: expected sh, sh fails, or sh environment with a line "pip install ..."`);
  }
  return { kind: 'environment', packages };
}

/** The page with its text blocks, in order, showing these. */
export function withShown(markdown: string, printed: readonly string[]): string {
  let next = 0;
  return markdown.replace(FENCED, (block, language: string) =>
    language === 'text' ? `\`\`\`text\n${printed[next++]!.trimEnd()}\n\`\`\`` : block,
  );
}

/** What the page has installed, such as `numpy==2.4.6`. */
export function packagesOf(steps: readonly Step[]): readonly string[] {
  return steps.flatMap((step) => (step.kind === 'environment' ? step.packages : []));
}
