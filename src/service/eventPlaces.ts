import { pathText } from '../avro/plan.ts';
import type { AvroNode } from '../avro/schema.ts';
import { nearestWord } from '../config/nearest.ts';
import type { FieldPath } from '../pipeline/ports.ts';

/** Beyond these a list of places is for no person, and a schema may be recursive. */
const MAX_PLACES = 2_000;
const MAX_STEPS = 6;

/** Every place in an event whose value is one number, text or the like, as a pipeline's file names it: `mean.radius`, `tags[0]`. */
export function eventPlaces(schema: AvroNode): readonly string[] {
  const places = new Set<string>();
  const visit = (node: AvroNode, path: FieldPath): void => {
    if (places.size >= MAX_PLACES || path.length > MAX_STEPS) return;
    switch (node.kind) {
      case 'record':
        for (const { name, type } of node.fields) visit(type, [...path, name]);
        return;
      case 'union':
        for (const branch of node.branches) visit(branch, path);
        return;
      case 'array':
        visit(node.items, [...path, 0]);
        return;
      // The keys of a map are the events' business.
      case 'map':
      case 'null':
        return;
      default:
        if (path.length > 0) places.add(pathText(path));
    }
  };
  visit(schema, []);
  return [...places];
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
