import stringWidth from 'string-width';
import type { Style } from '../output.ts';

export interface Column<T> {
  readonly title: string;
  readonly text: (row: T) => string;
  /** Figures stand under each other by their last digit. */
  readonly right?: boolean;
  readonly style?: (row: T) => Style | undefined;
}

const GAP = '  ';

/** A head and a line for each row; columns as wide as their widest text. */
export function table<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  paint: (style: Style, text: string) => string,
): string[] {
  const texts = rows.map((row) => columns.map((column) => column.text(row)));
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, ...texts.map((line) => stringWidth(line[at]!))),
  );
  const padded = (text: string, at: number) => {
    const space = ' '.repeat(widths[at]! - stringWidth(text));
    if (columns[at]!.right) return space + text;
    return at === columns.length - 1 ? text : text + space;
  };
  const head = columns.map(({ title }, at) => padded(title, at)).join(GAP);
  const lines = rows.map((row, number) =>
    columns
      .map(({ style }, at) => {
        const text = padded(texts[number]![at]!, at);
        const how = style?.(row);
        return how === undefined ? text : paint(how, text);
      })
      .join(GAP),
  );
  return [paint('dim', head), ...lines];
}
