import type { Certificate } from './certificates.ts';

const MOST_NOTICE_MS = 30 * 86_400_000;
/** Whoever renews by himself does so before a third of the time is left; certificates of a day have no month. */
const NOTICE_SHARE = 0.2;

export type Expiry = 'valid' | 'soon' | 'over' | 'early';

/** `soon`: less than a fifth of its time is left, and less than 30 days. */
export function expiryOf({ notBeforeMs, notAfterMs }: Certificate, nowMs: number): Expiry {
  if (nowMs > notAfterMs) return 'over';
  if (nowMs < notBeforeMs) return 'early';
  const noticeMs = Math.min(MOST_NOTICE_MS, NOTICE_SHARE * (notAfterMs - notBeforeMs));
  return notAfterMs - nowMs < noticeMs ? 'soon' : 'valid';
}
