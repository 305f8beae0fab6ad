import { styleText } from 'node:util';
import { asTidemarkError, type ErrorCode, type TidemarkError } from '../errors.ts';

export type Style = 'red' | 'green' | 'yellow' | 'dim' | 'bold';

/** Colour where the stream is a terminal that wants it (NO_COLOR and FORCE_COLOR are honoured). */
export function paint(format: Style, text: string, stream: NodeJS.WriteStream = process.stderr): string {
  return styleText(format, text, { stream });
}

export function wantsColour(stream: NodeJS.WriteStream): boolean {
  return paint('bold', '', stream) !== '';
}

/** Faults of what is outside: their explanation tells more than the message, which for the others lists what is wrong. */
const EXPLAINED = /^E-(KAFKA|REGISTRY)-/;

/** Says what went wrong and what to do next, and sets the exit status. */
export function fail(thrown: unknown): void {
  const error = asTidemarkError(thrown);
  process.stderr.write(`${paint('red', error.code)} ${error.message}\n`);
  process.stderr.write(`${paint('dim', 'What to do:')} ${error.action}\n`);
  if (EXPLAINED.test(error.code))
    process.stderr.write(`${paint('dim', 'More:')} tidemark errors ${error.code}\n`);
  if (error.code === 'E-INTERNAL' && error.stack !== undefined) process.stderr.write(`${error.stack}\n`);
  process.exitCode = exitStatus(error);
}

const PERSONAL: ReadonlySet<ErrorCode> = new Set(['E-CONFIG', 'E-CONTRACT', 'E-MODEL-PACK', 'E-USAGE']);

/** 2 where a person has to write something else, 1 where something else has to change. */
export function exitStatus({ code }: TidemarkError): 1 | 2 {
  return PERSONAL.has(code) ? 2 : 1;
}
