/** Where a sequencer stands. */
export type Phase =
  /** Waits for an identity. */
  | { readonly kind: 'nameless' }
  /** One batch in flight: the first that is not acknowledged. */
  | { readonly kind: 'alone' }
  /**
   * The first `at` batches were called out of order although they may have been written: the one at `at` is asked about next,
   * alone.
   */
  | { readonly kind: 'searching'; readonly at: number }
  | { readonly kind: 'open' }
  /** Something failed: nothing is sent until all in flight are answered. */
  | { readonly kind: 'settling' }
  /** The log is shorter than what it had acknowledged: waits to be told whether it is another one. */
  | { readonly kind: 'comparing' }
  | { readonly kind: 'stopped' };

export const NAMELESS: Phase = { kind: 'nameless' };
export const ALONE: Phase = { kind: 'alone' };
export const OPEN: Phase = { kind: 'open' };
export const SETTLING: Phase = { kind: 'settling' };
export const COMPARING: Phase = { kind: 'comparing' };
export const STOPPED: Phase = { kind: 'stopped' };
