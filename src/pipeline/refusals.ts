import { TidemarkError } from '../errors.ts';
import type { Batch } from './batch.ts';
import type { DeadLetters } from './deadLetters.ts';
import type { RecordBuffer, Refusal, Sink } from './ports.ts';

/**
 * Sends what the output topic refused to the dead-letter topic instead (P5). What the dead-letter topic refuses has nowhere
 * left to go: that stops the process before its offset is committed.
 */
export async function deadLetterRefused(
  batches: readonly Batch[],
  refusals: readonly Refusal[],
  deadLetters: DeadLetters,
  sink: Sink,
): Promise<void> {
  refuseForGood(refusals.filter((refusal) => refusal.records.topic === deadLetters.topic));
  const letters: RecordBuffer[] = [];
  for (const refusal of refusals) {
    const batch = batches.find((candidate) => candidate.buffers.includes(refusal.records));
    if (batch === undefined)
      throw new TidemarkError('E-INTERNAL', 'the sink refused a record it was not given');
    const row = rowOf(batch, refusal);
    deadLetters.append(letters, batch.blockOf(row), batch.recordOf[row], refusal.code, refusal.detail);
    batch.scored--;
    batch.deadLettered++;
  }
  refuseForGood(await sink.send(letters));
}

function refuseForGood(refusals: readonly Refusal[]): void {
  if (refusals.length === 0) return;
  const { records, code, detail } = refusals[0];
  throw new TidemarkError(
    'E-DEAD-LETTER-REFUSED',
    `${records.topic}/${records.partition}: ${code}: ${detail}`,
  );
}

/** The batch's row behind record `index` of one of its buffers: rows were appended in order, each to its partition's buffer. */
function rowOf(batch: Batch, { records, index }: Refusal): number {
  let seen = -1;
  for (let row = 0; row < batch.rows; row++) {
    if (batch.partitionOf[row] === records.partition && ++seen === index) return row;
  }
  throw new TidemarkError(
    'E-INTERNAL',
    `no row behind record ${index} of ${records.topic}/${records.partition}`,
  );
}
