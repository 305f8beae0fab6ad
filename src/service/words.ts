/** Figures, sizes and times as people read them; not to be read by programs. */
import prettyBytes from 'pretty-bytes';
import prettyMs from 'pretty-ms';

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SMALL = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });

/** `1,234,567`; below ten with two digits. */
export function figure(value: number): string {
  return Math.abs(value) < 10 ? SMALL.format(value) : WHOLE.format(value);
}

/** `1 replica`, `3 replicas`, `2 processes` */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${figure(number)} ${number === 1 ? one : many}`;
}

/** `35%` */
export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** In one unit, for sentences and tables: `4 s`, `12 min`, `3 h`, `2 d` */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** In two units, where the second counts: `3d 4h`, `12m 5s`, `340ms` */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  return prettyMs(ms, { unitCount: 2, secondsDecimalDigits: ms < 10_000 ? 1 : 0 });
}

export function size(bytes: number): string {
  return prettyBytes(bytes, { binary: true });
}

const SHOWN = 6;

/** `0, 1, 2`; of many only the first. */
export function list(items: readonly (string | number)[]): string {
  const rest = items.length - SHOWN;
  return rest > 1 ? `${items.slice(0, SHOWN).join(', ')} and ${rest} more` : items.join(', ');
}

/** `partition 3`, `partitions 0, 1`. */
export function partitionsOf(partitions: readonly number[]): string {
  return `${partitions.length === 1 ? 'partition' : 'partitions'} ${list(partitions)}`;
}
