import { pathText } from '../avro/plan.ts';
import type { AvroNode } from '../avro/schema.ts';
import { nearestWord } from '../config/nearest.ts';
import type { FieldPath } from '../pipeline/ports.ts';

/** Beyond these a list of places is for no person, and a schema may be recursive. */
const MAX_PLACES = 2_000;
const MAX_STEPS = 6;

/** A place in an event whose value is one number, text or the like. */
export interface EventPlace {
  /** As a pipeline's file names it: `mean.radius`, `tags[0]`. */
  readonly text: string;
  readonly path: FieldPath;
  /** What may stand there: scalars, more than one where a union has several. */
  readonly nodes: readonly AvroNode[];
  /** Null may stand there, or on the way there. */
  readonly nullable: boolean;
}

/** Every such place, in the order of the schema. The keys of a map are the events' business: no place is below one. */
export function eventPlaces(schema: AvroNode): readonly EventPlace[] {
  const places = new Map<string, EventPlace>();
  const visit = (node: AvroNode, path: FieldPath, nullable: boolean): void => {
    if (places.size >= MAX_PLACES || path.length > MAX_STEPS) return;
    switch (node.kind) {
      case 'record':
        for (const { name, type } of node.fields) visit(type, [...path, name], nullable);
        return;
      case 'union': {
        const mayBeNull = nullable || node.branches.some(({ kind }) => kind === 'null');
        for (const branch of node.branches) visit(branch, path, mayBeNull);
        return;
      }
      case 'array':
        visit(node.items, [...path, 0], nullable);
        return;
      case 'map':
      case 'null':
        return;
      default: {
        if (path.length === 0) return;
        const text = pathText(path);
        const known = places.get(text);
        const nodes = known === undefined ? [node] : [...known.nodes, node];
        places.set(text, { text, path, nodes, nullable: nullable || (known?.nullable ?? false) });
      }
    }
  };
  visit(schema, [], false);
  return [...places.values()];
}

/**
 * The place that was most likely meant where `path` gives nothing, for what is called `name`: one below it, one spelled like
 * it, one spelled like the name (`mean.radius` for `mean_radius`), or the only one that ends in the name.
 */
export function likelyPlace(name: string, path: FieldPath, places: readonly string[]): string | undefined {
  const written = pathText(path);
  const below = places.filter((place) => place.startsWith(`${written}.`) || place.startsWith(`${written}[`));
  if (below.length > 0) return below.length === 1 ? below[0] : nearestWord(name, below);
  // A place that is there and holds something else is no slip of the hand.
  if (places.includes(written)) return undefined;
  const ending = places.filter((place) => place.endsWith(`.${name}`));
  return (
    nearestWord(written, places) ?? nearestWord(name, places) ?? (ending.length === 1 ? ending[0] : undefined)
  );
}
