/** Figures as people read them: each with its unit, never longer than needed, and a dash for what is not known. */

export const UNKNOWN = '–';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const NARROW_SPACE = '\u202f';

/** 12,345; 1.23 M beyond seven digits. */
export function count(value: number | null | undefined): string {
  if (value === undefined || value === null || !Number.isFinite(value)) return UNKNOWN;
  if (Math.abs(value) >= 1e9) return `${significant(value / 1e9)}${NARROW_SPACE}G`;
  return Math.abs(value) >= 1e7 ? `${significant(value / 1e6)}${NARROW_SPACE}M` : whole.format(value);
}

/** Per second: 0.25, 7.3, 1,234. Without the unit, which stands in the heading. */
export function rate(value: number | null | undefined): string {
  if (value === undefined || value === null || !Number.isFinite(value)) return UNKNOWN;
  if (value === 0) return '0';
  return Math.abs(value) < 100 ? significant(value) : count(value);
}

/** 850 µs, 12.3 ms, 4.2 s, 3 min 20 s, 5 h 3 min, 2 d 4 h. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === undefined || seconds === null || !Number.isFinite(seconds)) return UNKNOWN;
  if (seconds === 0) return unit('0', 's');
  if (seconds < 0.001) return unit(significant(seconds * 1e6), 'µs');
  if (seconds < 0.9995) return unit(significant(seconds * 1e3), 'ms');
  if (seconds < 59.95) return unit(significant(seconds), 's');
  const steps = [
    [86_400, 'd', 3_600, 'h'],
    [3_600, 'h', 60, 'min'],
    [60, 'min', 1, 's'],
  ] as const;
  for (const [large, largeUnit, small, smallUnit] of steps) {
    const inSmall = Math.round(seconds / small);
    if (inSmall * small < large) continue;
    const per = large / small;
    const rest = inSmall % per;
    const head = unit(whole.format(Math.floor(inSmall / per)), largeUnit);
    return rest === 0 ? head : `${head} ${unit(String(rest), smallUnit)}`;
  }
  return unit(significant(seconds), 's');
}

/** 512 B, 3.4 KiB, 12 MiB. */
export function bytes(value: number | null | undefined): string {
  if (value === undefined || value === null || !Number.isFinite(value)) return UNKNOWN;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let power = 0;
  let rest = value;
  while (rest >= 1023.5 && power < units.length - 1) {
    rest /= 1024;
    power++;
  }
  return unit(power === 0 ? whole.format(rest) : significant(rest), units[power]!);
}

/** 99.7 %; what is not all is never shown as 100 %, and what is some never as 0 %. */
export function percent(share: number | null | undefined): string {
  if (share === undefined || share === null || !Number.isFinite(share)) return UNKNOWN;
  if (share === 0 || share === 1) return unit(String(share * 100), '%');
  if (share < 0.0001) return unit('<\u20090.01', '%');
  if (share > 0.9999) return unit('>\u200999.99', '%');
  const value = share * 100;
  return unit(value < 1 || value > 99 ? value.toFixed(2) : value.toFixed(1), '%');
}

/** A value of the model: at most four digits that matter. */
export function score(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);
}

/** 14:03:22, of the reader's own zone. */
export function clockTime(ms: number): string {
  return new Date(ms).toLocaleTimeString('en-GB');
}

/** 21 Nov 14:03:22, where a day may have passed. */
export function dateTime(ms: number): string {
  const day = new Date(ms).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  return `${day} ${clockTime(ms)}`;
}

/** Of an axis over so many seconds: seconds only where minutes would not tell its ticks apart. */
export function tickTime(ms: number, windowSeconds: number): string {
  return windowSeconds < 300 ? clockTime(ms) : clockTime(ms).slice(0, 5);
}

/** What was told as a part of a sentence, as one of its own. */
export function sentence(what: string): string {
  return `${what.charAt(0).toUpperCase()}${what.slice(1)}.`;
}

/** Three digits that matter, without an exponent. */
function significant(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return whole.format(value);
  return value.toFixed(size >= 9.995 ? 1 : 2).replace(/\.?0+$/, '');
}

function unit(value: string, name: string): string {
  return `${value}${NARROW_SPACE}${name}`;
}
