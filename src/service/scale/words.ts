/** Figures as people read them. */

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SMALL = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });

/** `1,234,567`; below ten with two digits. */
export function count(value: number): string {
  return Math.abs(value) < 10 ? SMALL.format(value) : WHOLE.format(value);
}

/** `35%` */
export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** `4 s`, `12 min`, `3 h`, `2 d` */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** `1 replica`, `3 replicas` */
export function counted(number: number, thing: string): string {
  return `${count(number)} ${thing}${number === 1 ? '' : 's'}`;
}
