import { readdirSync } from 'node:fs';

export interface Descriptors {
  /** Files and sockets this process may have open; Infinity without a limit, undefined where nobody says. */
  readonly limit: number | undefined;
  /** Those it has open; undefined where nobody says. */
  readonly open: number | undefined;
}

interface UserLimits {
  readonly userLimits?: { readonly open_files?: { readonly soft?: number | string } };
}

export function descriptors(): Descriptors {
  // Node raises the soft limit to the hard one as it starts; the report has what holds.
  const soft = (process.report.getReport() as UserLimits).userLimits?.open_files?.soft;
  return { limit: soft === 'unlimited' ? Number.POSITIVE_INFINITY : numberOf(soft), open: openNow() };
}

function numberOf(soft: number | string | undefined): number | undefined {
  return soft === undefined || soft === '' || Number.isNaN(Number(soft)) ? undefined : Number(soft);
}

function openNow(): number | undefined {
  try {
    // One of them is the folder that is being read.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}
