/** Which place in an event a feature's name means, when the name is the only thing to go by. Nothing here guesses silently. */
import { nearestWord } from '../../config/nearest.ts';
import type { EventPlace } from '../eventPlaces.ts';

export type Match =
  /** `name`: as it is spelled; `spelling`: but for case and separators; `ending`: so ends one place alone. */
  | { readonly kind: 'found'; readonly place: EventPlace; readonly how: 'name' | 'spelling' | 'ending' }
  /** What was most likely meant; somebody has to say so. */
  | { readonly kind: 'near'; readonly place: EventPlace; readonly why: string }
  | { readonly kind: 'ambiguous'; readonly places: readonly EventPlace[] }
  /** The place is clear and holds what the feature cannot be made of. */
  | { readonly kind: 'unfit'; readonly place: EventPlace }
  | { readonly kind: 'none' };

/**
 * Finds the place of the feature `name`. `fits` says whether the feature can be made of what stands at a place; of several places
 * with the name only those that fit are looked at.
 */
export function matchPlace(
  name: string,
  places: readonly EventPlace[],
  fits: (place: EventPlace) => boolean,
): Match {
  const exact = places.find(({ text }) => text === name);
  if (exact !== undefined)
    return fits(exact) ? { kind: 'found', place: exact, how: 'name' } : { kind: 'unfit', place: exact };
  const bare = bareName(name);
  if (bare === '') return { kind: 'none' };
  for (const how of ['spelling', 'ending'] as const) {
    const named = places.filter((place) =>
      how === 'spelling' ? namesOf(place)[0] === bare : namesOf(place).includes(bare, 1),
    );
    const match = decide(named, fits, how);
    if (match !== undefined) return match;
  }
  return nearest(bare, places.filter(fits));
}

function decide(
  named: readonly EventPlace[],
  fits: (place: EventPlace) => boolean,
  how: 'spelling' | 'ending',
): Match | undefined {
  const [first] = named;
  if (first === undefined) return undefined;
  const fitting = named.filter(fits);
  const [place] = fitting;
  if (place === undefined) return named.length === 1 ? { kind: 'unfit', place: first } : ambiguous(named);
  if (fitting.length > 1) return ambiguous(fitting);
  if (isOfArray(place)) return { kind: 'near', place, why: 'the first item of the array' };
  return { kind: 'found', place, how };
}

function nearest(bare: string, places: readonly EventPlace[]): Match {
  const words = new Map<string, EventPlace[]>();
  for (const place of places) {
    for (const word of new Set(namesOf(place))) {
      words.set(word, [...(words.get(word) ?? []), place]);
    }
  }
  const word = nearestWord(bare, [...words.keys()]);
  if (word === undefined) return { kind: 'none' };
  const found = words.get(word)!;
  const [place] = found;
  return found.length === 1 && place !== undefined
    ? { kind: 'near', place, why: 'spelled much like it' }
    : ambiguous(found);
}

function ambiguous(places: readonly EventPlace[]): Match {
  return { kind: 'ambiguous', places };
}

function isOfArray({ path }: EventPlace): boolean {
  return path.some((step) => typeof step === 'number');
}

/** A name without case, separators and indexes: `Customer.count_1d` and `customerCount1d` are the same. */
export function bareName(text: string): string {
  return text
    .replace(/\[\d+\]/g, '')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();
}

/** Every feature is compared with every place. */
const known = new WeakMap<EventPlace, readonly string[]>();

/** The bare names of a place and of what it ends in: of `a.b.c`, `abc`, `bc` and `c`. */
function namesOf(place: EventPlace): readonly string[] {
  const before = known.get(place);
  if (before !== undefined) return before;
  const steps = place.text.split('.');
  const names = steps.map((_, at) => bareName(steps.slice(at).join('.')));
  known.set(place, names);
  return names;
}
