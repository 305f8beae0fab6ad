/** From one partition's answer to what it means for the batch, with the refusals and causes that go with it. */
import type { TidemarkError } from '../../../errors.ts';
import type { Refusal } from '../../../pipeline/ports.ts';
import { kafkaError } from '../../errors.ts';
import { errorName, faultOfCode } from '../cluster/fault.ts';
import { type BatchSizes, between, cutToSize, halves } from './cutting.ts';
import type { OutgoingBatch } from './outgoing.ts';
import type { PartitionAnswer } from './produceCodec.ts';
import type { Answer } from './sequenced.ts';
import { verdictOf } from './verdict.ts';

export interface Judgement {
  readonly answer: Answer<OutgoingBatch>;
  /** Why it has to be tried again, or may not be. */
  readonly cause?: TidemarkError;
  readonly refusals?: readonly Refusal[];
}

const OUT_OF_ORDER: Judgement = { answer: { kind: 'out-of-order' } };
const DISOWNED: Judgement = { answer: { kind: 'disowned' } };

export function judge(batch: OutgoingBatch, told: PartitionAnswer, sizes: BatchSizes): Judgement {
  const verdict = verdictOf(errorName(told.errorCode));
  switch (verdict) {
    case 'written':
      sizes.written(told.topic, batch.plainBytes);
      return { answer: { kind: 'written', baseOffset: told.errorCode === 0 ? told.baseOffset : -1 } };
    case 'out-of-order':
      return OUT_OF_ORDER;
    case 'disowned':
      return DISOWNED;
    case 'too-large':
      return tooLarge(batch, told, sizes);
    case 'record-refused':
      return recordRefused(batch, told);
    case 'not-now':
    case 'unknown':
      return { answer: { kind: verdict }, cause: causeOf(told) };
    default:
      return verdict satisfies never;
  }
}

function tooLarge(batch: OutgoingBatch, told: PartitionAnswer, sizes: BatchSizes): Judgement {
  if (batch.count === 1) return refusedAlone(batch, told, 'E-RECORD-TOO-LARGE');
  sizes.refused(told.topic, batch.plainBytes);
  const parts = cutToSize(batch, sizes.limitOf(told.topic)) ?? halves(batch);
  return { answer: { kind: 'unfit', parts } };
}

/** KIP-467: the broker names the records. An older one, or one that looked at the first only, does not name all. */
function recordRefused(batch: OutgoingBatch, told: PartitionAnswer): Judgement {
  const named = new Map(told.recordErrors.map(({ index, message }) => [index, message] as const));
  const indexes = [...named.keys()].filter((index) => index >= 0 && index < batch.count).sort(ascending);
  if (batch.count === 1) return refusedAlone(batch, told, 'E-RECORD-REFUSED', named.get(0));
  if (indexes.length === 0) return { answer: { kind: 'unfit', parts: halves(batch) } };
  const refusals = indexes.map((index) =>
    refusalOf(batch, batch.from + index, told, 'E-RECORD-REFUSED', named.get(index)),
  );
  const parts = between(
    batch,
    refusals.map(({ index }) => index),
  );
  return { answer: { kind: 'unfit', parts }, refusals };
}

function refusedAlone(
  batch: OutgoingBatch,
  told: PartitionAnswer,
  code: Refusal['code'],
  message?: string | null,
): Judgement {
  return {
    answer: { kind: 'unfit', parts: [] },
    refusals: [refusalOf(batch, batch.from, told, code, message)],
  };
}

function refusalOf(
  batch: OutgoingBatch,
  index: number,
  told: PartitionAnswer,
  code: Refusal['code'],
  message?: string | null,
): Refusal {
  return { records: batch.records, index, code, detail: causeOf(told, message).message };
}

/** `message`: what the broker says of the record, instead of what it says of the batch. */
function causeOf(told: PartitionAnswer, message?: string | null): TidemarkError {
  const fault = faultOfCode(told.errorCode, 'the broker says', message ?? told.message);
  return kafkaError(fault, `writing to ${told.topic}/${told.partition}`);
}

function ascending(one: number, other: number): number {
  return one - other;
}
