import { TidemarkError } from '../errors.ts';
import type { Batch } from './batch.ts';
import type { DeadLetters } from './deadLetters.ts';
import type { RecordBuffer, Refusal, Sink } from './ports.ts';

/**
 * Sends what the output topic refused to the dead-letter topic instead (P5), and what the dead-letter topic refused once more
 * with bare headers. What it refuses even then has nowhere left to go: that stops the process before its offset is committed.
 */
export async function deadLetterRefused(
  batches: readonly Batch[],
  refusals: readonly Refusal[],
  deadLetters: DeadLetters,
  sink: Sink,
  nowMs: number,
): Promise<void> {
  const isLetter = (refusal: Refusal) => refusal.records.topic === deadLetters.topic;
  const letters: RecordBuffer[] = [];
  // All rows first: a row that is no longer published would shift those behind it.
  const events = refusals.filter((refusal) => !isLetter(refusal));
  const refused = events.map((refusal) => ({ refusal, ...rowBehind(batches, refusal) }));
  for (const { refusal, batch, row } of refused) {
    batch.partitionOf[row] = -1;
    batch.scored--;
    const block = batch.blockOf(row);
    // Released while the request was on its way: the bytes may be another record's by now, and the new owner reads it again.
    if (block.lease.state.kind === 'gone') continue;
    deadLetters.append(letters, block, batch.recordOf[row], refusal.code, refusal.detail);
    batch.deadLettered++;
  }
  const refusedLetters = [
    ...refusals.filter(isLetter),
    ...(letters.length > 0 ? await sink.send(letters) : []),
  ];
  const bare: RecordBuffer[] = [];
  for (const refusal of refusedLetters) deadLetters.appendBare(bare, refusal, nowMs);
  if (bare.length > 0) refuseForGood(await sink.send(bare));
  for (const buffer of [...letters, ...bare]) deadLetters.release(buffer);
}

function refuseForGood(refusals: readonly Refusal[]): void {
  if (refusals.length === 0) return;
  const { records, code, detail } = refusals[0];
  throw new TidemarkError(
    'E-DEAD-LETTER-REFUSED',
    `${records.topic}/${records.partition}: ${code}: ${detail}`,
  );
}

/** The row behind record `index` of one of its batch's buffers: rows were appended in order, each to its partition's last buffer. */
function rowBehind(batches: readonly Batch[], { records, index }: Refusal): { batch: Batch; row: number } {
  const batch = batches.find((candidate) => candidate.buffers.includes(records));
  if (batch === undefined)
    throw new TidemarkError('E-INTERNAL', 'the sink refused a record it was not given');
  const earlier = batch.buffers.slice(0, batch.buffers.indexOf(records));
  let before = index;
  for (const { partition, count } of earlier) if (partition === records.partition) before += count;
  for (let row = 0; row < batch.rows; row++) {
    if (batch.partitionOf[row] === records.partition && before-- === 0) return { batch, row };
  }
  throw new TidemarkError(
    'E-INTERNAL',
    `no row behind record ${index} of ${records.topic}/${records.partition}`,
  );
}
