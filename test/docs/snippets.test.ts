/** Whatever stands in README.md and docs/ as code is what it says it is. Its commands are run by test/integration/docs.test.ts. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse, stringify } from 'yaml';
import { formatFaults } from '../../src/config/faults.ts';
import { parseConfig } from '../../src/config/load.ts';
import { featuresSchema } from '../../src/model/features.ts';
import { chaptersOf, withNext } from '../../tools/book.ts';
import { everyCommand, unknownWords } from '../support/commands.ts';
import { checkout } from './checkout.ts';
import { EXCEPTIONS, exceptionFor } from './exceptions.ts';
import {
  commands,
  commandsOf,
  inlineCode,
  pages,
  ROOT,
  type Snippet,
  snippets,
  snippetsOf,
} from './snippets.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const nameOf = ({ page, line }: { page: string; line: number }) => `${page}:${line}`;

describe('commands in the documents', () => {
  it('are found, continued lines and comments and all', () => {
    assert.deepEqual(commandsOf('# first\n$ a --b \\\n    c  # why\n\nd "#e"'), ['a --b c', 'd "#e"']);
    for (const page of ['README.md', 'docs/stack.md', 'docs/commands.md'])
      assert.ok(
        commands.some((each) => each.page === page),
        `none in ${page}`,
      );
  });

  it('have exceptions that still stand there', () => {
    for (const exception of EXCEPTIONS) {
      const found = commands.filter(({ page, command }) => exceptionFor(page, command) === exception);
      assert.ok(found.length > 0, `nothing matches any more: ${exception.page} ${exception.command}`);
    }
  });

  it('that another test runs are in that test', () => {
    for (const exception of EXCEPTIONS) {
      if (!('by' in exception)) continue;
      assert.ok(existsSync(join(ROOT, exception.by)), `there is no ${exception.by}`);
      assert.ok(read(exception.by).includes(exception.words), `${exception.by}: no '${exception.words}'`);
    }
  });

  it('have options that exist, also where no test can run them', () => {
    for (const { page, line, command } of commands) {
      const [, own] = /(?:^|[( ])(?:npm run tidemark --|tidemark) ([^|>)]*)/.exec(command) ?? [];
      if (own !== undefined) assert.deepEqual(unknownWords(own.trim().split(/ +/)), [], `${page}:${line}`);
    }
  });
});

describe('commands in the running text', () => {
  it('exist, with their options', () => {
    const { scripts } = JSON.parse(read('package.json'));
    for (const { page, code } of inlineCode) {
      const [, script] = /^npm run ([\w:]+)/.exec(code) ?? [];
      if (script !== undefined) assert.ok(script in scripts, `${page}: ${code}`);
      const [, file] = /^node ([\w/.]+)/.exec(code) ?? [];
      if (file !== undefined) assert.ok(existsSync(join(ROOT, file)), `${page}: ${code}`);
      const [, own] = /^(?:npm run tidemark -- |tidemark )(.+)$/.exec(code) ?? [];
      // A placeholder stands for a command.
      if (own !== undefined && !own.startsWith('COMMAND'))
        assert.deepEqual(unknownWords(own.split(/\s+/)), [], `${page}: ${code}`);
    }
  });
});

describe('YAML in the documents', () => {
  const sources = {
    env: {
      KAFKA_PASSWORD: 'k',
      REGISTRY_PASSWORD: 'r',
      POD_NAME: 'scorer-0',
      COLLECTOR_TOKEN: 't',
      TIDEMARK_READ_TOKEN: 'reader-0123456789',
      TIDEMARK_CHANGE_TOKEN: 'changer-0123456789',
    },
    readFile: () => ({ text: '-----BEGIN CERTIFICATE-----' }),
  };
  const yaml = snippetsOf('yaml', 'yml').filter(({ text }) => parse(text) !== null);
  const faultsOf = (value: unknown) => {
    const loaded = parseConfig(stringify(value), 'snippet.yaml', sources);
    return loaded.ok ? [] : loaded.faults;
  };
  const least = parse(yaml.find(({ page }) => page === 'docs/configure.md')!.text) as object;

  for (const snippet of yaml) {
    const value: unknown = parse(snippet.text);
    const rules = Array.isArray(value) ? value : featureList(value);
    it(`${nameOf(snippet)} ${rules === undefined ? 'loads, laid over a pipeline where it is a part of one' : 'is a list of features'}`, () => {
      if (rules !== undefined) featuresSchema.parse(rules);
      else assert.deepEqual(faultsOf('pipeline' in (value as object) ? value : overlaid(least, value)), []);
    });
  }

  it('with faults is told of as docs/configure.md shows', () => {
    const shown = snippetsOf('text').find(
      ({ page, text }) => page === 'docs/configure.md' && /earlist/.test(text),
    );
    const file = 'config/card-fraud.yaml';
    const wrong = read(file).replace('start: earliest', 'start: earlist');
    const loaded = parseConfig(wrong, file, sources);
    const told = loaded.ok ? '' : formatFaults(file, loaded.faults, { colour: false });
    assert.ok(told.startsWith(shown!.text), told);
  });

  it('of docs/configure.md is the least there can be', () => {
    for (const key of Object.keys(least)) {
      const { [key]: _, ...others } = least as Record<string, unknown>;
      assert.notDeepEqual(faultsOf(others), [], `${key} is not needed`);
    }
  });
});

/** `features: [...]`, as a file of feature rules may have it; in a pipeline `features` is a mapping. */
function featureList(value: unknown): unknown[] | undefined {
  const { features } = value as { features?: unknown };
  return Array.isArray(features) ? features : undefined;
}

function overlaid(under: unknown, over: unknown): unknown {
  const isMapping = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMapping(under) || !isMapping(over)) return over;
  const merged = Object.entries(over).map(([key, value]) => [key, overlaid(under[key], value)]);
  return { ...under, ...Object.fromEntries(merged) };
}

describe('JSON in the documents', () => {
  for (const snippet of snippetsOf('json', 'jsonl')) {
    const parts = snippet.language === 'json' ? [snippet.text] : snippet.text.split('\n').filter(Boolean);
    it(`${nameOf(snippet)} is JSON`, () => {
      for (const part of parts) JSON.parse(part);
    });
  }
});

describe('TypeScript in the documents', () => {
  it('has the right types where it stands', (t) => {
    const found = snippetsOf('ts', 'typescript');
    const folder = checkout(t);
    const files = found.map(({ page, line, text }) => {
      const file = `${page.replace(/\.md$/, '')}-${line}.ts`;
      writeFileSync(join(folder, file), text);
      return file;
    });
    const compilerOptions = {
      // An example may name something and leave what is done with it to the reader.
      noUnusedLocals: false,
      rewriteRelativeImportExtensions: false,
      typeRoots: [join(ROOT, 'node_modules/@types')],
      paths: { tidemark: [join(ROOT, 'src/index.ts')] },
    };
    const config = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: [], files };
    writeFileSync(join(folder, 'snippets.json'), JSON.stringify(config));
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    const { status, stdout } = spawnSync(tsc, ['-p', 'snippets.json'], { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, stdout);
  });
});

const python = spawnSync('python3', ['--version']).status === 0;
describe('Python in the documents', { skip: !python }, () => {
  for (const snippet of snippetsOf('python', 'py')) {
    it(`${nameOf(snippet)} is Python`, () => {
      execFileSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], {
        input: snippet.text,
      });
    });
  }
});

describe('the documents', () => {
  it('name the language of every fenced block', () => {
    const known = ['sh', 'yaml', 'json', 'jsonl', 'ts', 'python', 'dockerfile', 'text'];
    const strange = (snippet: Snippet) =>
      !known.includes(snippet.language ?? 'text') ||
      read(snippet.page).split('\n')[snippet.line - 1] === '```';
    assert.deepEqual(snippets.filter(strange).map(nameOf), []);
  });

  it('are chapters, each of which leads to the next', () => {
    const chapters = chaptersOf(read('docs/README.md'));
    for (const [at, chapter] of chapters.entries()) {
      const page = `docs/${chapter.page}`;
      assert.equal(
        read(page),
        withNext(read(page), chapter, chapters[at + 1]),
        `${page}: run node tools/book.ts`,
      );
    }
  });

  it('are all in the table of contents, and none in it is missing', () => {
    const contents = read('docs/README.md').replace(/<!--[\s\S]*?-->/g, '');
    const listed = [...contents.matchAll(/^- \[.+?\]\((.+?)\)/gm)].map(([, page]) => `docs/${page}`);
    const there = pages.filter((page) => page !== 'README.md' && page !== 'docs/README.md');
    assert.deepEqual(listed.toSorted(), there);
  });

  it('have every command in docs/commands.md', () => {
    for (const { path, command } of everyCommand())
      if (command.commands.length === 0)
        assert.ok(read('docs/commands.md').includes(`| \`tidemark ${path}\` |`), path);
  });
});
