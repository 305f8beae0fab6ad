const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const FULL = EIGHTHS.length - 1;

/**
 * Draws values, the latest at the right, as an area from 0 up to `top`, in eighths of a character: the charting packages at hand
 * draw lines on whole characters, which shows nothing in the four rows there are here.
 * @returns `height` lines of `width` characters
 */
export function areaPlot(values: readonly number[], width: number, height: number, top: number): string[] {
  const shown = values.slice(-width);
  const levels = shown.map((value) => {
    const level = Math.round((height * FULL * Math.min(value, top)) / top);
    // Something is never drawn as nothing.
    return value > 0 ? Math.max(1, level) : 0;
  });
  return Array.from({ length: height }, (_, row) => {
    const below = (height - 1 - row) * FULL;
    const drawn = levels.map((level) => EIGHTHS[Math.max(0, Math.min(FULL, level - below))]!).join('');
    return drawn.padStart(width);
  });
}

/** The next round number from a value on. */
export function roundTop(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 7.5, 10].map((step) => step * power).find((top) => top >= value)!;
}
