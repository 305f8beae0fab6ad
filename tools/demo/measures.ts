/** How well scores find frauds, by the three measures of the Fraud Detection Handbook, as tools/train/evaluate.py computes them. */

/** A transaction with its score, joined to the label that came later. */
export interface JudgedTransaction {
  /** The day it happened, as a whole number; which day is 0 does not matter. */
  readonly day: number;
  readonly customer: string;
  readonly fraud: boolean;
  readonly score: number;
}

/** Each from 0 to 1, and NaN where there is nothing to measure: no transaction, no fraud, or (for `auc`) nothing but frauds. */
export interface Measures {
  /** Chance that a fraud scores above an honest transaction; equal scores count half. */
  readonly auc: number;
  /** Precision at each score that frauds have, weighted by the frauds that it adds. */
  readonly averagePrecision: number;
  /** Share of compromised cards among the 100 most suspicious of a day, on the mean of the days. */
  readonly cardPrecision100: number;
}

const CARDS_CHECKED_PER_DAY = 100;
/** A fraud is known when these days have passed after its own: one of day 6 is known on day 14, not on day 13. */
const FEEDBACK_DELAY_DAYS = 7;

/** Measures scored transactions, in any order. Throws a RangeError for a score that is no finite number. */
export function measures(judged: readonly JudgedTransaction[]): Measures {
  const odd = judged.find(({ score }) => !Number.isFinite(score));
  if (odd !== undefined) {
    throw new RangeError(`the score of a transaction of ${odd.customer} on day ${odd.day} is ${odd.score}`);
  }
  return { ...rankingMeasures(judged), cardPrecision100: cardPrecision(judged) };
}

/**
 * What may be measured of transactions from day `testFrom` on: those of customers of whom no fraud is known by then, because
 * a card known to be stolen is blocked and finding it again is no merit. Earlier transactions only tell who is known.
 */
export function withoutKnown<T extends Pick<JudgedTransaction, 'day' | 'customer' | 'fraud'>>(
  transactions: readonly T[],
  testFrom: number,
): T[] {
  const firstFraud = new Map<string, number>();
  for (const { day, customer, fraud } of transactions) {
    if (fraud) firstFraud.set(customer, Math.min(day, firstFraud.get(customer) ?? day));
  }
  return transactions.filter(({ day, customer }) => {
    const known = (firstFraud.get(customer) ?? Number.POSITIVE_INFINITY) + FEEDBACK_DELAY_DAYS < day;
    return day >= testFrom && !known;
  });
}

/** Walks down the scores; transactions of one score are taken together, so that their order cannot matter. */
function rankingMeasures(judged: readonly JudgedTransaction[]): Pick<Measures, 'auc' | 'averagePrecision'> {
  const ranked = judged.toSorted((a, b) => b.score - a.score);
  let frauds = 0;
  let honest = 0;
  let pairsWon = 0;
  let weightedPrecision = 0;
  for (let start = 0; start < ranked.length; ) {
    const { score } = ranked[start]!;
    let end = start;
    let fraudsHere = 0;
    for (; ranked[end]?.score === score; end++) fraudsHere += Number(ranked[end]!.fraud);
    const honestHere = end - start - fraudsHere;
    pairsWon += honestHere * (frauds + fraudsHere / 2);
    frauds += fraudsHere;
    honest += honestHere;
    weightedPrecision += fraudsHere * (frauds / end);
    start = end;
  }
  return { auc: pairsWon / (frauds * honest), averagePrecision: weightedPrecision / frauds };
}

/** A card is as suspicious as its most suspicious transaction of the day; one found compromised is not looked at again. */
function cardPrecision(judged: readonly JudgedTransaction[]): number {
  const found = new Set<string>();
  const days = [...Map.groupBy(judged, ({ day }) => day)].sort(([a], [b]) => a - b);
  let precisions = 0;
  for (const [, today] of days) {
    const unfound = today.filter(({ customer }) => !found.has(customer));
    const compromised = mostSuspicious(unfound).filter(({ fraud }) => fraud);
    precisions += compromised.length / CARDS_CHECKED_PER_DAY;
    for (const { customer } of compromised) found.add(customer);
  }
  return precisions / days.length;
}

interface Card {
  readonly customer: string;
  score: number;
  fraud: boolean;
}

/** Cards of equal scores are taken by their names, as the training's do. */
function mostSuspicious(transactions: readonly JudgedTransaction[]): Card[] {
  const cards = new Map<string, Card>();
  for (const { customer, score, fraud } of transactions) {
    const card = cards.get(customer);
    if (card === undefined) {
      cards.set(customer, { customer, score, fraud });
    } else {
      card.score = Math.max(card.score, score);
      card.fraud ||= fraud;
    }
  }
  const byScore = (a: Card, b: Card): number => b.score - a.score || (a.customer < b.customer ? -1 : 1);
  return [...cards.values()].sort(byScore).slice(0, CARDS_CHECKED_PER_DAY);
}
