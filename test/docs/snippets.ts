/** The code blocks of README.md and docs/, by language, and the commands among them. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lexer, type Tokens, walkTokens } from 'marked';

export const ROOT = join(import.meta.dirname, '../..');

export interface Snippet {
  /** From the root: `docs/configure.md`. */
  readonly page: string;
  /** Line of the page at which the block begins, from 1. */
  readonly line: number;
  /** First word behind the fence; `sh` for indented commands, undefined for other indented blocks. */
  readonly language: string | undefined;
  readonly text: string;
}

export interface DocumentedCommand {
  readonly page: string;
  readonly line: number;
  /** On one line, without comment. */
  readonly command: string;
}

/** Indented blocks have no language: those that begin with one of these words are commands. */
const PROGRAMS =
  /^(\$ )?(npm|npx|node|tidemark (?=[a-z])|docker|kubectl|git|curl|ls|cd|source|export|python3?|pip|sha256sum)\b/;

export const pages: readonly string[] = globSync(['README.md', 'docs/**/*.md'], { cwd: ROOT }).sort();

const texts = pages.map((page) => ({ page, text: readFileSync(join(ROOT, page), 'utf8') }));

export const snippets: readonly Snippet[] = texts.flatMap(({ page, text }) => codeBlocks(page, text));

/** What stands in the running text `as code`. */
export const inlineCode: readonly { readonly page: string; readonly code: string }[] = texts.flatMap(
  ({ page, text }) => {
    const found: { page: string; code: string }[] = [];
    walkTokens(lexer(text), (token) => {
      if (token.type === 'codespan') found.push({ page, code: (token as Tokens.Codespan).text });
    });
    return found;
  },
);

export function snippetsOf(...languages: readonly string[]): readonly Snippet[] {
  return snippets.filter(({ language }) => language !== undefined && languages.includes(language));
}

export const commands: readonly DocumentedCommand[] = snippetsOf('sh', 'bash', 'shell', 'console').flatMap(
  ({ page, line, text }) => commandsOf(text).map((command) => ({ page, line, command })),
);

function codeBlocks(page: string, text: string): Snippet[] {
  let from = 0;
  const found: Snippet[] = [];
  walkTokens(lexer(text), (token) => {
    if (token.type !== 'code') return;
    const { raw, text: code, lang } = token as Tokens.Code;
    const at = text.indexOf(raw.trim().split('\n', 1)[0]!, from);
    from = at + 1;
    const language = lang?.split(/\s/)[0] || (PROGRAMS.test(code) ? 'sh' : undefined);
    found.push({ page, line: text.slice(0, at).split('\n').length, language, text: code });
  });
  return found;
}

/** One a line; a backslash at its end takes it on to the next. */
export function commandsOf(text: string): string[] {
  const lines = text.replace(/\s*\\\n\s*/g, ' ').split('\n');
  const bare = lines.map((line) =>
    line
      .replace(/^\$ /, '')
      .replace(/(^|\s)#.*$/, '')
      .trim(),
  );
  return bare.filter((line) => line !== '');
}
