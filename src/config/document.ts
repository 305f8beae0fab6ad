/**
 * From YAML text to plain values: syntax, duplicate keys, references, and the place of every path. Knows nothing of what the
 * keys mean.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import type { ConfigFault } from './faults.ts';
import { type FieldPath, formatPath } from './fieldPath.ts';
import { type ReferenceSources, resolveReferences } from './references.ts';
import { syntaxFault } from './syntax.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface ConfigDocument {
  /** Mappings, lists and scalars, references resolved. What could not be resolved is `UNRESOLVED`. */
  readonly value: unknown;
  readonly faults: readonly ConfigFault[];
  /** First line of a syntax fault: what the parser made of the text from there on is a guess. */
  readonly soundUntilLine: number;
  /** By path: the references a value was made from. Such values are never shown. */
  readonly references: ReadonlyMap<string, readonly string[]>;
  /** Place of a path, or of the nearest thing around it that is in the file. */
  placeOf(path: FieldPath): Place | undefined;
}

/** Stands for a value whose reference could not be resolved: it is of no type, and its fault is already told. */
export const UNRESOLVED = Symbol('unresolved');

// Aliases can make a short text mean a huge tree, so both are bounded.
const MAX_NODES = 10_000;
const MAX_DEPTH = 32;
// One quote too many makes a fault of every line after it.
const MAX_SYNTAX_FAULTS = 20;

export function readDocument(text: string, sources: ReferenceSources): ConfigDocument {
  const lines = new LineCounter();
  // Duplicate keys are found by the walk, which knows their path; pretty errors quote the text, secrets and all.
  const parsed = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
  const syntaxErrors: YAMLError[] = [...parsed.errors, ...parsed.warnings].slice(0, MAX_SYNTAX_FAULTS);
  const syntaxFaults = syntaxErrors.map((error) => syntaxFault(error, lines));
  const walk = new Walk(lines, sources, parsed);
  const value = parsed.contents === null ? null : walk.read(parsed.contents, [], 0);
  return {
    value,
    faults: [...syntaxFaults, ...walk.faults],
    soundUntilLine: Math.min(Infinity, ...syntaxFaults.map((fault) => fault.line ?? 1)),
    references: walk.references,
    placeOf: (path) => walk.placeOf(path),
  };
}

class Walk {
  readonly faults: ConfigFault[] = [];
  readonly references = new Map<string, readonly string[]>();
  readonly #places = new Map<string, Place>();
  readonly #lines: LineCounter;
  readonly #sources: ReferenceSources;
  readonly #document: ReturnType<typeof parseDocument<ParsedNode>>;
  #nodes = 0;

  constructor(
    lines: LineCounter,
    sources: ReferenceSources,
    document: ReturnType<typeof parseDocument<ParsedNode>>,
  ) {
    this.#lines = lines;
    this.#sources = sources;
    this.#document = document;
  }

  placeOf(path: FieldPath): Place | undefined {
    for (let length = path.length; length >= 0; length--) {
      const place = this.#places.get(formatPath(path.slice(0, length)));
      if (place !== undefined) return place;
    }
    return undefined;
  }

  read(node: ParsedNode | null, path: FieldPath, depth: number): unknown {
    this.#nodes++;
    if (this.#nodes > MAX_NODES || depth > MAX_DEPTH) {
      // Told once: the count stays over its bound.
      if (this.#nodes !== Infinity)
        this.#fault(path.slice(0, 2), 'holds too much or nests too deeply', 'a pipeline');
      this.#nodes = Infinity;
      return UNRESOLVED;
    }
    if (node === null) return null;
    this.#mark(path, node);
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      if (target !== undefined) return this.read(target as ParsedNode, path, depth + 1);
      this.#fault(
        path,
        'refers to an anchor that is not there',
        'an anchor (&name) before its alias (*name)',
      );
      return UNRESOLVED;
    }
    if (isMap(node)) return this.#readMap(node, path, depth);
    if (isSeq(node)) {
      return node.items.map((item, index) => this.read(item as ParsedNode, [...path, index], depth + 1));
    }
    if (!isScalar(node)) return UNRESOLVED;
    return typeof node.value === 'string' ? this.#readText(node.value, path) : node.value;
  }

  #readMap(node: YAMLMap.Parsed, path: FieldPath, depth: number): unknown {
    const entries = new Map<string, unknown>();
    for (const { key, value } of node.items) {
      if (!isScalar(key) || key.value === null || typeof key.value === 'object') {
        this.#mark([...path, '?'], key);
        this.#fault([...path, '?'], 'is not a plain word', 'a word before the colon');
        continue;
      }
      const word = String(key.value);
      const here = [...path, word];
      // Assigning it would set a prototype instead of a key.
      if (word === '__proto__') {
        this.#mark(here, key);
        this.#fault(here, 'cannot be used as a key', 'another word');
      } else if (entries.has(word)) {
        const first = this.#places.get(formatPath(here));
        this.#fault(here, `is given twice; first on line ${first?.line}`, 'one of the two', key);
      } else {
        this.#mark(here, key);
        entries.set(word, this.read(value, here, depth + 1));
      }
    }
    return Object.fromEntries(entries);
  }

  #readText(text: string, path: FieldPath): unknown {
    const resolved = resolveReferences(text, this.#sources);
    if (resolved.references.length > 0) this.references.set(formatPath(path), resolved.references);
    for (const fault of resolved.faults) this.#fault(path, fault.problem, fault.expected);
    return resolved.faults.length > 0 ? UNRESOLVED : resolved.text;
  }

  /** Keeps the first mark of a path: for a key and its value that is the key. */
  #mark(path: FieldPath, node: ParsedNode): void {
    const key = formatPath(path);
    if (!this.#places.has(key)) this.#places.set(key, this.#placeOfNode(node));
  }

  #placeOfNode(node: ParsedNode): Place {
    const { line, col } = this.#lines.linePos(node.range[0]);
    return { line, column: col };
  }

  #fault(path: FieldPath, problem: string, expected: string, node?: ParsedNode): void {
    const place = node === undefined ? this.placeOf(path) : this.#placeOfNode(node);
    this.faults.push({ path: formatPath(path), ...place, problem, expected });
  }
}
