import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type JudgedTransaction, type Measures, measures, withoutKnown } from '../measures.ts';
import { counted, whole } from '../numbers.ts';
import { published } from '../published.ts';
import type { Judge, Measure, Verdict } from './world.ts';

const DAY_MS = 86_400_000;
const JUDGED_DAYS = 7;
/** As in the handbook, whose training week and week of waiting tell which customers are known when its tests begin. */
const KNOWN_FROM_DAYS_BEFORE = 14;

interface TransactionLabel {
  readonly customer_id: string;
  readonly transaction_time: number;
  readonly fraud: boolean;
}

type Labelled = Omit<JudgedTransaction, 'score'> & { readonly score: number | undefined };

/** Holds the last week of scores against the labels that came for them, as the handbook tests its models. */
export class CardJudge implements Judge {
  readonly #beside: Published | undefined;
  /** By day; of days before the judged ones only frauds, which tell who is known. */
  readonly #days = new Map<number, Labelled[]>();

  constructor(version: string) {
    this.#beside = publishedFor(version);
  }

  /** @param evidence the score */
  add(value: Readonly<Record<string, unknown>>, evidence: unknown): void {
    const { customer_id, transaction_time, fraud } = value as unknown as TransactionLabel;
    const score = evidence as number | undefined;
    if (score === undefined && !fraud) return;
    const day = Math.floor(transaction_time / DAY_MS);
    let today = this.#days.get(day);
    if (today === undefined) {
      today = [];
      this.#days.set(day, today);
      this.#forgetBefore(day - JUDGED_DAYS + 1);
    }
    today.push({ day, customer: customer_id, fraud, score });
  }

  #forgetBefore(firstJudged: number): void {
    for (const [day, labelled] of this.#days) {
      if (day < firstJudged - KNOWN_FROM_DAYS_BEFORE) this.#days.delete(day);
      else if (day < firstJudged) this.#days.set(day, labelled.filter(isFraud));
    }
  }

  verdict(): Verdict {
    const labelled = [...this.#days.values()].flat();
    const scored = labelled.filter(isScored);
    if (scored.length === 0) return { covers: 'no score has a label', measures: [], published: undefined };
    const days = scored.map(({ day }) => day);
    const last = days.reduce((a, b) => Math.max(a, b));
    const first = Math.max(
      last - JUDGED_DAYS + 1,
      days.reduce((a, b) => Math.min(a, b)),
    );
    const judged = withoutKnown(labelled, first).filter(isScored);
    const leftOut = scored.filter(({ day }) => day >= first).length - judged.length;
    return {
      covers: `${counted(judged.length, 'transaction')} of ${span(first, last)}; ${whole(leftOut)} of known victims left out`,
      measures: rows(measures(judged), this.#beside?.figures),
      published: this.#beside && comparison(this.#beside, last - first + 1),
    };
  }
}

interface Published {
  readonly name: string;
  readonly figures: Measures;
  /** Whether the model here is of the same kind. */
  readonly alike: boolean;
}

/** The published model that is nearest to the one in the package, by what its card says of the algorithm. */
function publishedFor(version: string): Published | undefined {
  const card = parse(
    readFileSync(new URL(`../../../models/card-fraud/${version}/model.yaml`, import.meta.url), 'utf8'),
  );
  const algorithm = String(card.training?.algorithm);
  if (/LightGBM|LGBM/.test(algorithm)) {
    return { name: 'XGBoost', figures: published.models.XGBoost, alike: false };
  }
  if (!algorithm.includes('LogisticRegression')) return undefined;
  return { name: 'logistic regression', figures: published.models['logistic regression'], alike: true };
}

function comparison({ name, alike }: Published, days: number): string {
  const kind = alike ? `${name} on its own draw` : `${name}, the nearest to LightGBM`;
  const reach = days === JUDGED_DAYS ? '' : `; of a week, which ${counted(days, 'day')} can only hint at`;
  return `published by the Fraud Detection Handbook: ${kind}${reach}`;
}

function rows(here: Measures, there: Measures | undefined): Measure[] {
  const row = (name: string, key: keyof Measures): Measure => ({
    name,
    here: Number.isNaN(here[key]) ? undefined : here[key],
    published: there?.[key],
  });
  return [
    row('AUC', 'auc'),
    row('average precision', 'averagePrecision'),
    row('card precision@100', 'cardPrecision100'),
  ];
}

function isFraud({ fraud }: Labelled): boolean {
  return fraud;
}

function isScored(labelled: Labelled): labelled is JudgedTransaction {
  return labelled.score !== undefined;
}

function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

function span(first: number, last: number): string {
  return first === last ? dateOf(first) : `${dateOf(first)} to ${dateOf(last)}`;
}
