const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en-US', { notation: 'compact' });
const DECIMALS_BELOW = 10;
const SECONDS_FROM_MS = 10_000;

/** 200000 as 200,000. */
export function whole(value: number): string {
  return grouped.format(value);
}

/** 298168 as 298K. */
export function compact(value: number): string {
  return short.format(value);
}

/** 1 event, 2 events. */
export function counted(value: number, noun: string): string {
  return `${whole(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Milliseconds: 4.2 ms, 120 ms, 12 s. */
export function milliseconds(value: number): string {
  if (value >= SECONDS_FROM_MS) return `${whole(value / 1000)} s`;
  return `${value < DECIMALS_BELOW ? value.toFixed(1) : whole(value)} ms`;
}

/** 0.973 as 97 %. */
export function percent(share: number): string {
  return `${whole(100 * share)} %`;
}

/** A share near none or near all: 0.0042 as 0.42 %, 0.9941 as 99.4 %. */
export function finePercent(share: number): string {
  if (share > 0 && share < 0.1) return `${(100 * share).toFixed(2)} %`;
  return share > 0.9 && share < 1 ? `${(100 * share).toFixed(1)} %` : percent(share);
}

/** 75000 as 1:15. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Epoch milliseconds as 2018-08-08 14:05, UTC. */
export function minute(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 16).replace('T', ' ');
}
