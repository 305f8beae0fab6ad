import type { ErrorCode, TidemarkError } from '../errors.ts';

/** What a log line says of an error, beside its message. */
export function factsOf(error: TidemarkError): { code: ErrorCode; action: string; cause?: string } {
  const { code, action } = error;
  return error.cause instanceof Error ? { code, action, cause: error.cause.message } : { code, action };
}

/** The stack of a bug. A fault that was expected is told by its message and what to do. */
export function bugOf(error: TidemarkError): { err?: TidemarkError } {
  return error.code === 'E-INTERNAL' ? { err: error } : {};
}
