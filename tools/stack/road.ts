/** One way of running the stack's parts. */
export type Part = 'registry' | `broker-${number}`;

/** Index of a broker, from 0. */
export const indexOfBroker = (part: Part) => Number(part.slice('broker-'.length)) - 1;

export interface Road {
  isUp(part: Part): Promise<boolean>;
  /** Starts the parts that are not up; returns when they run, which is before they serve. */
  start(parts: readonly Part[]): Promise<void>;
  /** `kill` gives the part no time to put anything in order. */
  stop(part: Part, how: 'orderly' | 'kill'): Promise<void>;
  /** Ends every part; deletes what they stored unless told to keep it. */
  down(keep: boolean): Promise<void>;
  /** The last words of a part that did not come up. */
  explain(part: Part): Promise<string>;
}
