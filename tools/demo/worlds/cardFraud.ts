import { readFileSync } from 'node:fs';
import { setImmediate as giveWay } from 'node:timers/promises';
import { transactionSchema } from '../../simulator/avro.ts';
import { FIRST_DAY_MS, Simulation, WARM_UP_DAYS } from '../../simulator/simulate.ts';
import type { SimulatedTransaction } from '../../simulator/transaction.ts';
import { CardJudge } from './cardJudge.ts';
import type { Label, Opening, ScoredEvent, World, WorldEvent, WorldStream } from './world.ts';

const DAY_MS = 86_400_000;
/** The days of the handbook: training begins, a week later tests begin that take a week. The models are trained on those days. */
const TRAINING_FROM_MS = Date.UTC(2018, 6, 25);
const TEST_FROM_MS = Date.UTC(2018, 7, 8);
const TEST_UNTIL_MS = Date.UTC(2018, 7, 15);
const PROGRESS_EVERY_MS = 250;

/** A scored event in the shape of schemas/scored-transaction.avsc. */
interface ScoredTransaction {
  readonly transaction_id: string;
  readonly customer_id: string;
  readonly terminal_id: string;
  readonly amount: number;
  readonly score: number;
  readonly decision: string;
}

/** Card payments by the public rules of the Fraud Detection Handbook, on the days that it tests models on, and after them. */
export const cardFraud: World = {
  name: 'card-fraud',
  noun: 'transaction',
  decisions: [
    { name: 'block', tone: 'alarm' },
    { name: 'review', tone: 'notice' },
    { name: 'allow', tone: 'calm' },
  ],
  eventSchema: transactionSchema,
  labelSchema: readFileSync(new URL('../../../schemas/transaction-label.avsc', import.meta.url), 'utf8'),
  labelDelayMs: 7 * DAY_MS,
  open: openWorld,
  readScored,
  judge: ({ version }) => new CardJudge(version),
};

async function openWorld({ seed, signal, onProgress }: Opening): Promise<WorldStream> {
  const simulation = new Simulation({ seed });
  const firstDay = dayOf(TEST_FROM_MS);
  const known: Label[] = [];
  let toldMs = Number.NEGATIVE_INFINITY;
  while (simulation.day < firstDay) {
    if (performance.now() - toldMs > PROGRESS_EVERY_MS) {
      toldMs = performance.now();
      const date = new Date(FIRST_DAY_MS + simulation.day * DAY_MS).toISOString().slice(0, 10);
      onProgress(`history up to ${date}`);
      await giveWay();
      signal.throwIfAborted();
    }
    if (simulation.day < firstDay - WARM_UP_DAYS) simulation.skipDay();
    else known.push(...reportedFrauds(simulation.nextDay()));
  }
  return { known, events: events(simulation), span: { fromMs: TEST_FROM_MS, untilMs: TEST_UNTIL_MS } };
}

/** Frauds since the training began: who suffered one is known, and finding them again is no merit. */
function reportedFrauds(transactions: Iterable<SimulatedTransaction>): Label[] {
  return [...transactions]
    .filter(({ fraud, event_time }) => fraud && event_time >= TRAINING_FROM_MS)
    .map((transaction) => labelOf(transaction));
}

function* events(simulation: Simulation): Generator<WorldEvent, never> {
  for (;;) {
    for (const transaction of simulation.nextDay()) {
      yield {
        id: transaction.transaction_id,
        key: transaction.customer_id,
        simulatedMs: transaction.event_time,
        value: (eventTimeMs) => ({
          ...transaction,
          event_time: eventTimeMs,
          simulated_time: transaction.event_time,
        }),
        label: labelOf(transaction),
      };
    }
  }
}

function labelOf({ transaction_id, customer_id, event_time, fraud }: SimulatedTransaction): Label {
  return { id: transaction_id, value: { transaction_id, customer_id, transaction_time: event_time, fraud } };
}

function readScored(value: Readonly<Record<string, unknown>>): ScoredEvent {
  const scored = value as unknown as ScoredTransaction;
  return {
    id: scored.transaction_id,
    decision: scored.decision,
    score: scored.score,
    flagged: scored.decision !== 'allow',
    describe: () =>
      `${scored.customer_id} pays ${scored.amount.toFixed(2).padStart(7)} at ${scored.terminal_id}`,
    evidence: scored.score,
  };
}

function dayOf(epochMs: number): number {
  return Math.floor((epochMs - FIRST_DAY_MS) / DAY_MS);
}
