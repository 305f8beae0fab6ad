/** Card payments made for tests, and what the demo's model says of them when it is asked by other means than the product's. */
import { readFileSync } from 'node:fs';
import avro from 'avsc';
import * as ort from 'onnxruntime-node';
import type { Transaction } from '../../tools/simulator/transaction.ts';
import { framed } from './stack.ts';

export type Payment = Transaction;

export const transactionSchema = readFileSync(
  new URL('../../schemas/transaction.avsc', import.meta.url),
  'utf8',
);
const transactionType = avro.Type.forSchema(JSON.parse(transactionSchema));

const MODEL = new URL('../../models/card-fraud/1.0.0/model.onnx', import.meta.url);
/** 2018-08-08: a day that the model was tested on. */
const FIRST_MS = Date.UTC(2018, 7, 8);

/**
 * Payment number `at` of customer `customer`, who pays with a number of his own so that order can be seen. The features spread
 * widely, so that all decisions occur.
 */
export function payment(at: number, customer = `c${at % 10}`): Payment {
  // Two sequences without a common period; plain arithmetic, so that a failing payment can be made again by hand.
  const a = (at * 7_919) % 1_009;
  const b = (at * 104_729) % 1_013;
  return {
    transaction_id: `t-${at}`,
    customer_id: customer,
    terminal_id: `terminal-${b}`,
    event_time: FIRST_MS + at * 1_000,
    amount: a / 3,
    weekend: a % 7 < 2,
    night: b % 24 <= 6,
    customer: {
      count_1d: 1 + (a % 5),
      mean_amount_1d: b / 9,
      count_7d: 3 + (b % 20),
      mean_amount_7d: a / 8,
      count_30d: 20 + (a % 80),
      mean_amount_30d: b / 7,
    },
    terminal: {
      count_1d: b % 4,
      risk_1d: (a % 4) / 4,
      count_7d: b % 17,
      risk_7d: (b % 6) / 5,
      count_30d: a % 50,
      risk_30d: at % 11 === 0 ? null : (a % 10) / 10,
    },
  };
}

export function payments(count: number, customer?: (at: number) => string): Payment[] {
  return Array.from({ length: count }, (_, at) => payment(at, customer?.(at)));
}

export function encodePayment(schemaId: number, value: Payment): Buffer {
  return framed(schemaId, transactionType.toBuffer(value));
}

/** The row of features, in the order of training. */
function featuresOf({ amount, weekend, night, customer, terminal }: Payment): number[] {
  return [
    amount,
    Number(weekend),
    Number(night),
    customer.count_1d,
    customer.mean_amount_1d,
    customer.count_7d,
    customer.mean_amount_7d,
    customer.count_30d,
    customer.mean_amount_30d,
    terminal.count_1d,
    terminal.risk_1d,
    terminal.count_7d,
    terminal.risk_7d,
    terminal.count_30d,
    terminal.risk_30d ?? 0,
  ];
}

/** Probability of a fraud for each payment, by ONNX Runtime alone, one row at a time. */
export async function scoresOf(values: readonly Payment[]): Promise<number[]> {
  const session = await ort.InferenceSession.create(readFileSync(MODEL), {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  try {
    const scores: number[] = [];
    for (const value of values) {
      const features = new ort.Tensor('float32', Float32Array.from(featuresOf(value)), [1, 15]);
      const { probabilities } = await session.run({ features }, ['probabilities']);
      scores.push(probabilities!.data[1] as number);
    }
    return scores;
  } finally {
    await session.release();
  }
}

/** What the rules of config/card-fraud.yaml make of a score. */
export function decisionOf(score: number): string {
  if (score >= 0.9) return 'block';
  return score >= 0.5 ? 'review' : 'allow';
}
