/** What goes in and comes out of a sequencer. */
import type { ProducerIdentity } from './sequence.ts';

/** A record batch on its way. The sequencer alone changes what is not readonly. */
export interface Sequenced {
  /** Records in it. */
  readonly count: number;
  /** Number of its first record; -1 while it has none. */
  sequence: number;
  inFlight: boolean;
  /** How the last attempt ended. `refused`: it was certainly not written by that attempt. */
  last: 'unsent' | 'refused' | 'unknown' | 'written';
  /**
   * Whether any attempt has no known outcome: `none`; of these very `numbers`; or only of these `records` under other
   * numbers, so that nothing the broker keeps would recognise them.
   */
  doubt: 'none' | 'numbers' | 'records';
}

export type Answer<B> =
  /** It is in the log, now or already. `baseOffset` -1: the broker does not say where. */
  | { readonly kind: 'written'; readonly baseOffset: number }
  | { readonly kind: 'out-of-order' }
  /** Certainly not written, for a reason that passes. */
  | { readonly kind: 'not-now' }
  /** Written or not. */
  | { readonly kind: 'unknown' }
  /** Certainly not written, for what is in it; `parts` are what is left of it, in order. */
  | { readonly kind: 'unfit'; readonly parts: readonly B[] }
  /** Certainly not written: the broker does not take this producer id or epoch, or not with these numbers. */
  | { readonly kind: 'disowned' };

export type StopReason =
  /** The log does not continue where it was acknowledged. */
  | 'acknowledged-lost'
  /** Nobody can tell any more whether a batch was written. */
  | 'outcome-lost'
  /** Every new identity is refused. */
  | 'disowned';

export type Effect<B> =
  | { readonly kind: 'acknowledged'; readonly batch: B }
  /** Answer with `renewed`; until then nothing is sent. */
  | { readonly kind: 'renew'; readonly refused: ProducerIdentity }
  /** The log ends before what it had acknowledged. Answer with `compared`; until then nothing is sent. */
  | { readonly kind: 'rewound' }
  /** Nothing is sent any more. */
  | { readonly kind: 'stop'; readonly reason: StopReason };
