import { styleText } from 'node:util';
import { asTidemarkError } from '../errors.ts';

/** Colour on standard error, when that is a terminal that wants it (NO_COLOR and FORCE_COLOR are honoured). */
export function paint(format: 'red' | 'green' | 'yellow' | 'dim' | 'bold', text: string): string {
  return styleText(format, text, { stream: process.stderr });
}

/** Says what went wrong and what to do next, and sets the exit status: 2 for configuration, 1 for everything else. */
export function fail(thrown: unknown): void {
  const error = asTidemarkError(thrown);
  process.stderr.write(`${paint('red', error.code)} ${error.message}\n`);
  process.stderr.write(`${paint('dim', 'What to do:')} ${error.action}\n`);
  if (error.code === 'E-INTERNAL' && error.stack !== undefined) process.stderr.write(`${error.stack}\n`);
  process.exitCode = error.code === 'E-CONFIG' || error.code === 'E-CONTRACT' ? 2 : 1;
}
