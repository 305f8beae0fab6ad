import type { Spread } from './statistics.ts';

/** Lines of a table whose first row is its head; the first column is text, the others are figures. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? '';
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  const [head = [], ...body] = rows;
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...body.map(line)].join('\n');
}

/** `3.1 (2.9..3.4)`; a single measurement has no spread. */
export function shown({ median, least, most }: Spread, show: (value: number) => string): string {
  return least === most ? show(median) : `${show(median)} (${show(least)}..${show(most)})`;
}

/** 188200 as `188 k`. */
export function thousands(value: number): string {
  return `${Math.round(value / 1000)} k`;
}

export function fixed(digits: number): (value: number) => string {
  return (value) => value.toFixed(digits);
}
