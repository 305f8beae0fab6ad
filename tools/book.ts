/** Writes the links from each chapter of docs/README.md to the next: `node tools/book.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export interface Chapter {
  readonly title: string;
  /** From docs/. */
  readonly page: string;
}

/** What is read in order stands before this heading of docs/README.md. */
const REFERENCE = '\n## Look it up\n';
const NEXT = /\n\nNext: \[.*\]\(.*\)\n$/;

export function chaptersOf(contents: string): Chapter[] {
  const [inOrder] = contents.replace(/<!--[\s\S]*?-->/g, '').split(REFERENCE);
  return [...inOrder!.matchAll(/^- \[(.+?)\]\((.+?)\)/gm)].map(([, title, page]) => ({
    title: title!,
    page: page!,
  }));
}

/** The page with the link to the chapter that follows it; the last one has none. */
export function withNext(text: string, { page }: Chapter, next: Chapter | undefined): string {
  const own = text.replace(NEXT, '\n');
  if (next === undefined) return own;
  return `${own.trimEnd()}\n\nNext: [${next.title}](${relative(dirname(page), next.page)})\n`;
}

if (import.meta.main) {
  const chapters = chaptersOf(readFileSync('docs/README.md', 'utf8'));
  for (const [at, chapter] of chapters.entries()) {
    const file = join('docs', chapter.page);
    writeFileSync(file, withNext(readFileSync(file, 'utf8'), chapter, chapters[at + 1]));
  }
}
