/** How a value written with one schema fits another: Avro's resolution rules as they serve a field that is carried. */
import type { AvroNode, Logical, RecordNode, UnionNode } from './schema.ts';
import { isNamed, simpleName } from './schema.ts';

/** What a writer's type may become without loss of meaning (Avro specification, "Schema Resolution"). */
const PROMOTIONS: Readonly<Partial<Record<AvroNode['kind'], readonly AvroNode['kind'][]>>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
  // Not Avro's: a symbol is carried into a string field as its text.
  enum: ['string'],
};

export function promotes(from: AvroNode, to: AvroNode): boolean {
  // The bytes of a decimal are no text, and text is no decimal.
  if (logicalOf(from)?.kind === 'decimal' || logicalOf(to)?.kind === 'decimal') return false;
  return PROMOTIONS[from.kind]?.includes(to.kind) ?? false;
}

/** Two logical types that are both there must mean the same; one alone only adds or drops a meaning. */
export function sameMeaning(from: Logical | undefined, to: Logical | undefined): boolean {
  if (!from || !to) return true;
  if (from.kind === 'decimal' && to.kind === 'decimal') {
    return from.scale === to.scale && from.precision <= to.precision;
  }
  return from.kind === to.kind;
}

export function logicalOf(node: AvroNode): Logical | undefined {
  return 'logical' in node ? node.logical : undefined;
}

/** The branch of a union that takes a writer's (non-union) type, best match first: same name, same type, promoted; or -1. */
export function branchFor(from: AvroNode, union: UnionNode): number {
  const to = union.branches;
  if (isNamed(from)) {
    const named = to.findIndex((branch) => branch.kind === from.kind && branch.name === from.name);
    if (named >= 0) return named;
    const aliased = to.findIndex((branch) => branch.kind === from.kind && answersTo(branch, from.name));
    if (aliased >= 0) return aliased;
    // A single branch of the kind is what was meant, whatever its name.
    if (to.filter((branch) => branch.kind === from.kind).length > 1) return -1;
  }
  const same = to.findIndex((branch) => branch.kind === from.kind);
  if (same >= 0) return same;
  for (const kind of PROMOTIONS[from.kind] ?? []) {
    const promoted = to.findIndex((branch) => branch.kind === kind);
    if (promoted >= 0) return promoted;
  }
  return -1;
}

function answersTo(node: AvroNode, name: string): boolean {
  if (!isNamed(node)) return false;
  const simple = simpleName(name);
  return simpleName(node.name) === simple || node.aliases.some((alias) => simpleName(alias) === simple);
}

/** Whether every value of `from` is, byte for byte, the same value of `to`. Recursive types are the same until shown not to be. */
export function sameEncoding(from: AvroNode, to: AvroNode, assumed: Pairs = new Pairs()): boolean {
  if (!sameMeaning(logicalOf(from), logicalOf(to))) return false;
  if (from.kind !== to.kind) return sameBytesAcross(from, to);
  switch (from.kind) {
    case 'fixed':
      return to.kind === 'fixed' && from.size === to.size;
    case 'enum':
      return to.kind === 'enum' && from.symbols.every((symbol, index) => to.symbols[index] === symbol);
    case 'array':
      return to.kind === 'array' && sameEncoding(from.items, to.items, assumed);
    case 'map':
      return to.kind === 'map' && sameEncoding(from.values, to.values, assumed);
    case 'record':
      return to.kind === 'record' && (assumed.add(from, to) || sameFields(from, to, assumed));
    case 'union':
      return to.kind === 'union' && sameBranches(from, to, assumed);
    default:
      return true;
  }
}

/** int and long, string and bytes are written alike. */
function sameBytesAcross(from: AvroNode, to: AvroNode): boolean {
  return promotes(from, to) && (to.kind === 'long' || to.kind === 'bytes' || from.kind === 'bytes');
}

function sameFields(from: RecordNode, to: RecordNode, assumed: Pairs): boolean {
  return (
    from.fields.length === to.fields.length &&
    from.fields.every((field, index) => {
      const target = to.fields[index]!;
      return (
        (target.name === field.name || target.aliases.includes(field.name)) &&
        sameEncoding(field.type, target.type, assumed)
      );
    })
  );
}

function sameBranches(from: UnionNode, to: UnionNode, assumed: Pairs): boolean {
  return from.branches.every(
    (branch, index) => branchFor(branch, to) === index && sameEncoding(branch, to.branches[index]!, assumed),
  );
}

/** Pairs of nodes already under comparison. */
export class Pairs {
  readonly #seen = new Map<AvroNode, Set<AvroNode>>();

  /** @returns whether the pair was there already. */
  add(from: AvroNode, to: AvroNode): boolean {
    const known = this.#seen.get(from) ?? new Set();
    this.#seen.set(from, known);
    if (known.has(to)) return true;
    known.add(to);
    return false;
  }
}
