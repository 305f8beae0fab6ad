// Libraries for durations also take `5`, `1 week` or `2 days ago`; a strict notation is smaller than the checks around them.

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const UNIT_BYTES = {
  B: 1,
  kB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
} as const;

export const DURATION_PATTERN = /^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h)$/;
export const SIZE_PATTERN = /^[1-9][0-9]{0,11}(?:B|kB|MB|GB|KiB|MiB|GiB)$/;

/** Milliseconds of `5ms`, `10s`, `2m`, `1h`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  return DURATION_PATTERN.test(text) ? measure(text, UNIT_MS) : undefined;
}

/** Bytes of `64MiB`, `1MB`, `512B`; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  return SIZE_PATTERN.test(text) ? measure(text, UNIT_BYTES) : undefined;
}

function measure(text: string, units: Readonly<Record<string, number>>): number {
  const unit = text.replace(/^[0-9]+/, '');
  return Number(text.slice(0, text.length - unit.length)) * units[unit]!;
}

/** `10s` for 10000: the largest unit that divides the time. */
export function formatDuration(ms: number): string {
  for (const unit of ['h', 'm', 's'] as const) {
    if (ms !== 0 && ms % UNIT_MS[unit] === 0) return `${ms / UNIT_MS[unit]}${unit}`;
  }
  return `${ms}ms`;
}
