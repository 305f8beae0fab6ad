import type { ErrorCode, TidemarkError } from '../errors.ts';

/** What a log line says of an error, beside its message. */
export function factsOf(error: TidemarkError): { code: ErrorCode; action: string; cause?: string } {
  const { code, action } = error;
  return error.cause instanceof Error ? { code, action, cause: error.cause.message } : { code, action };
}
