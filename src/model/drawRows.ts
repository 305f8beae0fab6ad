/** Rows of event values within what the features declare, the same for the same features: golden vectors when none are given. */
import type { CardFeature } from './features.ts';
import type { EventValue } from './rowValues.ts';

const SEED = 0x7469_6465;
/** One value in so many is missing, or a category nobody knows, where the feature says what then. */
const ONE_IN = 8;
/** Where a feature declares no range, values are spread over these magnitudes: 0.01 to 1000. */
const MIN_EXPONENT = -2;
const MAX_EXPONENT = 3;
const TEXTS = ['a', 'b', 'c'];
const UNKNOWN_CATEGORY = '(unknown)';

/** Draws `count` rows in feature order. */
export function drawRows(features: readonly CardFeature[], count: number): EventValue[][] {
  const random = mulberry32(SEED);
  return Array.from({ length: count }, (_, row) =>
    features.map((feature) => drawValue(feature, row, random)),
  );
}

function drawValue(feature: CardFeature, row: number, random: () => number): EventValue {
  const isSpecial = random() < 1 / ONE_IN;
  const draw = random();
  if (isSpecial && feature.missing !== 'reject') return null;
  if (feature.categories !== undefined) {
    if (isSpecial && feature.unknown !== 'reject') return UNKNOWN_CATEGORY;
    // In turn, so that every category occurs.
    return feature.categories[(row + Math.floor(draw * 2)) % feature.categories.length]!;
  }
  switch (feature.type) {
    case 'string':
      return TEXTS[Math.floor(draw * TEXTS.length)]!;
    case 'bool':
      return draw < 0.5;
    case 'int32':
    case 'int64':
      return drawInteger(feature, draw, random());
    case 'float32':
    case 'float64':
      return drawNumber(feature, draw, random());
    default:
      return feature.type satisfies never;
  }
}

function drawNumber({ min, max }: CardFeature, draw: number, sign: number): number {
  // Six digits are enough to tell rows apart, and a person can read them.
  if (min !== undefined && max !== undefined)
    return clamp(Number((min + draw * (max - min)).toPrecision(6)), min, max);
  const size = Number((10 ** (MIN_EXPONENT + draw * (MAX_EXPONENT - MIN_EXPONENT))).toPrecision(6));
  if (min !== undefined) return min + size;
  if (max !== undefined) return max - size;
  return sign < 0.5 ? -size : size;
}

function drawInteger(feature: CardFeature, draw: number, sign: number): number {
  const { min, max } = feature;
  if (min !== undefined && max !== undefined) {
    const lowest = Math.ceil(min);
    return lowest + Math.floor(draw * (Math.floor(max) - lowest + 1));
  }
  const number = drawNumber(feature, draw, sign);
  return min === undefined ? Math.floor(number) : Math.ceil(number);
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}

/** A small seeded generator (mulberry32): the rows of a package must not change from one packing to the next. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
