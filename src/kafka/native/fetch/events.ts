/** What a fetcher tells whoever reads through it. */
import type { TidemarkError } from '../../../errors.ts';
import type { Lease } from '../../../pipeline/ports.ts';
import type { LostPlace } from './partition.ts';

export interface FetcherEvents {
  /**
   * The position cannot be read. Everything before it was handed out. The partition waits until its lease is added again, at the
   * place to go on from, or removed.
   */
  outOfRange(lease: Lease, lost: LostPosition): void;
  /** The partition is given up until the process starts anew; the others go on. */
  stopped(lease: Lease, cause: TidemarkError): void;
  /** Something cannot be fetched and is tried again, until `up`. */
  down(cause: TidemarkError): void;
  up(): void;
  /** Nothing can be fetched before a human did something. */
  failed(cause: TidemarkError): void;
}

export interface LostPosition {
  readonly offset: number;
  readonly place: LostPlace;
  /** Whether blocks of the lease were handed out. */
  readonly handedOut: boolean;
}
