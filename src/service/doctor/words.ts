import prettyBytes from 'pretty-bytes';
import prettyMs from 'pretty-ms';

/** `3d 4h`, `12m 5s`, `340ms`: a time for people, not to be read by programs. */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  return prettyMs(ms, { unitCount: 2, secondsDecimalDigits: ms < 10_000 ? 1 : 0 });
}

export function size(bytes: number): string {
  return prettyBytes(bytes, { binary: true });
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
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
