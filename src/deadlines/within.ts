import { type ErrorCode, TidemarkError } from '../errors.ts';

/**
 * Waits for `work` no longer than `ms`; what takes longer rejects with a TidemarkError of `code`, which names what was not there in
 * time. The work goes on, and what comes of it is nobody's.
 * @param doing as in `reading topic scores`
 */
export function within<T>(ms: number, code: ErrorCode, doing: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const seconds = Number((ms / 1000).toPrecision(2));
    const late = () => reject(new TidemarkError(code, `${doing}: no answer within ${seconds} s`));
    const timer = setTimeout(late, ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
