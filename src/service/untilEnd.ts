import { asTidemarkError } from '../errors.ts';
import type { Clock, LogEnds } from '../pipeline/ports.ts';

/** Between two looks at the group's committed offsets. */
const LOOK_EVERY_MS = 250;

export interface EndWatch {
  /** Where every partition's log begins and ends now. */
  readonly ends: () => Promise<ReadonlyMap<number, LogEnds>>;
  /** What the group has committed; partitions without are absent. */
  readonly committed: (partitions: readonly number[]) => Promise<ReadonlyMap<number, number>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Partitions that nobody reads any further: their ends are not waited for. */
  readonly stoppedPartitions: { has(partition: number): boolean };
}

/**
 * Resolves when the group has committed past the end that every partition had at the start, whichever member did it. Gaps,
 * markers and aborted records count as passed because the committed offset passes them. Waits out unreachable brokers.
 */
export async function whenEndReached(ends: ReadonlyMap<number, LogEnds>, watch: EndWatch): Promise<void> {
  const { clock, signal, stoppedPartitions } = watch;
  const partitions = [...ends.keys()];
  while (!signal.aborted) {
    const committed = await unlessDown(() => watch.committed(partitions));
    if (
      committed !== undefined &&
      [...ends].every(
        ([partition, range]) => isPast(range, committed.get(partition)) || stoppedPartitions.has(partition),
      )
    )
      return;
    await sleep(clock, LOOK_EVERY_MS, signal);
  }
}

/** The end of every partition now; waits while the topic or the broker is missing. Undefined when aborted first. */
export async function endsNow(watch: EndWatch): Promise<ReadonlyMap<number, LogEnds> | undefined> {
  while (!watch.signal.aborted) {
    const ends = await unlessDown(() => watch.ends());
    if (ends !== undefined) return ends;
    await sleep(watch.clock, LOOK_EVERY_MS, watch.signal);
  }
  return undefined;
}

/** An empty log has nothing to pass. */
function isPast({ low, end }: LogEnds, committed: number | undefined): boolean {
  return low === end || (committed !== undefined && committed >= end);
}

async function unlessDown<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (cause) {
    // The pipeline tells of the outage; here it only means that nobody knows yet.
    if (asTidemarkError(cause).disposition === 'retry') return undefined;
    throw cause;
  }
}

function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.timer(ms, finish);
    function finish(): void {
      timer.cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    }
    signal.addEventListener('abort', finish);
  });
}
