import { styleText } from 'node:util';

/** One thing wrong with a configuration file. No part of it holds a secret. */
export interface ConfigFault {
  /** Where, as `input.start`; empty for the file as a whole. */
  readonly path: string;
  /** From 1. Absent when the fault has no place in the text. */
  readonly line?: number;
  readonly column?: number;
  /** What is wrong, as the end of a sentence that begins with the path: `is missing`. */
  readonly problem: string;
  /** What would be right. */
  readonly expected: string;
  /** What stands there, shortened; `***` when it is or may be a secret. */
  readonly value?: string;
  /** The nearest valid word. */
  readonly suggestion?: string;
}

/** Something that works but that its author should know. */
export interface ConfigWarning {
  readonly path: string;
  /** A secret stands in the file itself. */
  readonly secret?: true;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** A warning for people, in one line with its place. @param name of the file, as whoever reads it named that */
export function formatWarning(name: string, { path, line, message }: ConfigWarning): string {
  return line === undefined ? `${path} ${message}` : `${name}:${line} ${path} ${message}`;
}

/** By line, then column; faults without a place come last. One per place and path: the first says it. */
export function orderFaults(faults: readonly ConfigFault[]): ConfigFault[] {
  const first = new Map<string, ConfigFault>();
  for (const fault of faults) {
    const key = `${fault.path}\n${fault.line ?? ''}:${fault.column ?? ''}\n${fault.expected}`;
    if (!first.has(key)) first.set(key, fault);
  }
  return [...first.values()].sort(byPlace);
}

function byPlace(a: ConfigFault, b: ConfigFault): number {
  const line = (a.line ?? Infinity) - (b.line ?? Infinity);
  if (line !== 0 && !Number.isNaN(line)) return line;
  return (a.column ?? 0) - (b.column ?? 0);
}

export interface FaultFormat {
  readonly colour?: boolean;
  /** Between path and problem. */
  readonly joint?: ' ' | ': ';
  /** What a fault without a path is of. */
  readonly whole?: string;
}

/** Faults for people, three lines each at most, with places that terminals make clickable. */
export function formatFaults(
  file: string,
  faults: readonly ConfigFault[],
  { colour = false, joint = ' ', whole = 'The file' }: FaultFormat = {},
): string {
  const paint = (style: 'bold' | 'red' | 'green' | 'dim', text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const blocks = faults.map((fault) => {
    const place = fault.line === undefined ? file : `${file}:${fault.line}:${fault.column}`;
    const found = fault.value === undefined ? '' : `: ${paint('red', fault.value)}`;
    const subject = fault.path === '' ? whole : paint('bold', fault.path);
    const lines = [`${paint('dim', place)}  ${subject}${joint}${fault.problem}${found}`];
    lines.push(`    expected ${fault.expected}`);
    if (fault.suggestion !== undefined) lines.push(`    did you mean ${paint('green', fault.suggestion)}?`);
    return lines.join('\n');
  });
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  return `${blocks.join('\n')}\n${paint('bold', `${count} in ${file}`)}\n`;
}
