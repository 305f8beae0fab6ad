import type { Random } from 'random';

/** Draws a name with a chance in proportion to its weight. */
export function weighted<Name extends string>(weights: Readonly<Record<Name, number>>, random: Random): Name {
  const names = Object.keys(weights) as Name[];
  return names[weightedIndex(Object.values(weights), random)]!;
}

/** Draws a place in the list with a chance in proportion to the weight that stands there. */
export function weightedIndex(weights: readonly number[], random: Random): number {
  let left = random.next() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let index = 0; index < weights.length; index++) {
    left -= weights[index]!;
    if (left < 0) return index;
  }
  return weights.length - 1;
}
