import type { LineCounter, YAMLError } from 'yaml';
import type { ConfigFault } from './faults.ts';

type YamlErrorCode = YAMLError['code'];

/** Own words for each code: the parser's messages quote the text, which may be a secret. */
const WORDS: Readonly<Record<YamlErrorCode, readonly [problem: string, expected: string]>> = {
  ALIAS_PROPS: ['gives an alias an anchor or tag', 'an alias alone: *name'],
  BAD_ALIAS: ['refers to an anchor that is not there', 'an anchor (&name) before its alias (*name)'],
  BAD_COLLECTION_TYPE: ['has a tag that does not fit', 'no tag'],
  BAD_DIRECTIVE: ['has a directive that YAML does not know', 'no line that begins with %'],
  BAD_DQ_ESCAPE: ['has an unknown escape in double quotes', 'single quotes, or \\\\ for a backslash'],
  BAD_INDENT: ['has wrong indentation', 'keys of one mapping in one column, and every { and [ closed'],
  BAD_PROP_ORDER: ['has an anchor or tag in the wrong place', 'anchor and tag before the value'],
  BAD_SCALAR_START: [
    'has a value that begins with a reserved character',
    'quotes around the value; plain text cannot begin with @, ` or %',
  ],
  BLOCK_AS_IMPLICIT_KEY: [
    'nests a mapping in the line of its key',
    'the nested mapping on lines of its own, indented, or quotes around a value with a colon',
  ],
  BLOCK_IN_FLOW: ['has an indented block within braces or brackets', 'commas within { } and [ ]'],
  DUPLICATE_KEY: ['has a key twice', 'one of the two'],
  IMPOSSIBLE: ['cannot be read as YAML', 'YAML'],
  KEY_OVER_1024_CHARS: ['has a key longer than 1024 characters', 'a word before the colon'],
  MISSING_CHAR: [
    'lacks a character',
    'a closing quote, brace or bracket, a comma between items, or a space after a colon',
  ],
  MULTILINE_IMPLICIT_KEY: ['has a key that spans lines', 'a colon after each key'],
  MULTIPLE_ANCHORS: ['has two anchors on one value', 'one anchor'],
  MULTIPLE_DOCS: ['holds more than one document', 'one pipeline a file, without --- between'],
  MULTIPLE_TAGS: ['has two tags on one value', 'no tag'],
  NON_STRING_KEY: ['has a key that is not text', 'a word before the colon'],
  RESOURCE_EXHAUSTION: ['is nested too deeply', 'at most a few levels of nesting'],
  TAB_AS_INDENT: ['is indented with a tab', 'spaces'],
  TAG_RESOLVE_FAILED: ['has a tag that cannot be used', 'no tag'],
  UNEXPECTED_TOKEN: ['has something that does not belong there', 'one key or item a line'],
};

/** A fault of the parser, with its place but without the text it quotes. */
export function syntaxFault(error: YAMLError, lines: LineCounter): ConfigFault {
  const [problem, expected] = WORDS[error.code];
  const { line, col } = lines.linePos(error.pos[0]);
  return { path: '', line, column: col, problem: `${problem} (YAML syntax)`, expected };
}
