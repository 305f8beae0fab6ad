/** Where to draw the bounds of a histogram of an output's values: where its package says that they are to be expected. */

const PROBABILITY_STEP = 0.05;
/** About so many buckets. */
const STEPS = 20;
/** Values that differ by a smaller part of themselves are the same. */
const ALIKE = 1e-6;
/** Nothing is told of values that are smaller. */
const SMALLEST = 1e-9;

/**
 * Inclusive upper bounds, ascending and even. In steps of 0.05 when all golden values are within 0 and 1; otherwise over the golden
 * range and half as much on either side, in steps that are 1, 2 or 5 times a power of ten. Every process that has the package
 * draws the same.
 * @param golden of one output, one per golden row; what is not finite is no guide
 */
export function outputBounds(golden: readonly (number | string)[]): number[] {
  const values = golden.filter((value) => typeof value === 'number');
  if (values.every((value) => value >= 0 && value <= 1)) return even(PROBABILITY_STEP, 1, PROBABILITY_STEP);
  const least = Math.min(...values);
  const most = Math.max(...values);
  const size = Math.max(Math.abs(least), Math.abs(most), SMALLEST);
  // Golden rows that all come to the same tell where values are, not how far about it.
  const range = most - least > ALIKE * size ? most - least : size;
  const step = roundStep((most - least + range) / STEPS);
  return even(Math.floor((least - range / 2) / step) * step, most + range / 2, step);
}

function even(first: number, last: number, step: number): number[] {
  const count = Math.ceil((last - first) / step - 1e-9) + 1;
  // Multiples of 0.05 as people write them: 0.15, not 0.15000000000000002.
  return Array.from({ length: count }, (_, i) => Number((first + i * step).toPrecision(12)));
}

/** The next 1, 2 or 5 times a power of ten. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 5, 10].find((each) => each * power >= step * (1 - 1e-9)) ?? 10;
  return factor * power;
}
