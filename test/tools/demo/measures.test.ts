import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type JudgedTransaction, measures, withoutKnown } from '../../../tools/demo/measures.ts';
import { published } from '../../../tools/demo/published.ts';
import trained from '../../fixtures/measures/measures.json' with { type: 'json' };

/** Made by make.py there, which says how. */
const FIXTURES = new URL('../../fixtures/measures/', import.meta.url);

/** A world of few scores and few customers, so that ties and cards seen twice are common. */
const transaction: fc.Arbitrary<JudgedTransaction> = fc.record({
  day: fc.integer({ min: 3, max: 30 }),
  customer: fc.nat(150).map((index) => `C${String(index).padStart(3, '0')}`),
  fraud: fc.boolean(),
  score: fc.nat(20).map((twentieth) => twentieth / 20),
});
const transactions = fc.array(transaction, { maxLength: 300, size: 'max' });
/** Nearly all of them on one day, so that more cards meet than are checked. */
const crowdedDay = fc
  .array(transaction, { minLength: 280, maxLength: 320 })
  .map((all) => all.map((t) => ({ ...t, day: t.day < 6 ? 1 : 0 })));

function near(found: number, expected: number): void {
  assert.ok(Object.is(found, expected) || Math.abs(found - expected) < 1e-12, `${found} is not ${expected}`);
}

describe('the obvious, slow way agrees', () => {
  test('on the area under the curve: every fraud against every honest transaction', () => {
    fc.assert(
      fc.property(transactions, (judged) => {
        const frauds = judged.filter(({ fraud }) => fraud);
        const honest = judged.filter(({ fraud }) => !fraud);
        const duel = (a: number, b: number) => (a > b ? 1 : a === b ? 0.5 : 0);
        const won = frauds.map((f) => honest.reduce((sum, h) => sum + duel(f.score, h.score), 0));
        const sum = won.reduce((all, one) => all + one, 0);
        near(measures(judged).auc, sum / (frauds.length * honest.length));
      }),
    );
  });

  test('on average precision: of each fraud, the precision among what scores as high or higher', () => {
    fc.assert(
      fc.property(transactions, (judged) => {
        const frauds = judged.filter(({ fraud }) => fraud);
        const precisions = frauds.map(({ score }) => {
          const flagged = judged.filter((other) => other.score >= score);
          return flagged.filter(({ fraud }) => fraud).length / flagged.length;
        });
        const sum = precisions.reduce((all, one) => all + one, 0);
        near(measures(judged).averagePrecision, sum / frauds.length);
      }),
    );
  });

  test('on card precision: of each card, how many of its day go before it', () => {
    fc.assert(
      fc.property(fc.oneof(transactions, crowdedDay), (judged) => {
        const days = [...new Set(judged.map(({ day }) => day))].sort((a, b) => a - b);
        const found: string[] = [];
        const precisions = days.map((day) => {
          const today = judged.filter((t) => t.day === day && !found.includes(t.customer));
          const cards = [...new Set(today.map(({ customer }) => customer))];
          const suspicions = cards.map((card) =>
            Math.max(...today.filter((t) => t.customer === card).map(({ score }) => score)),
          );
          const suspicion = (card: string) => suspicions[cards.indexOf(card)]!;
          const goesBefore = (a: string, b: string) =>
            suspicion(a) > suspicion(b) || (suspicion(a) === suspicion(b) && a < b);
          const caught = cards.filter(
            (card) =>
              cards.filter((other) => goesBefore(other, card)).length < 100 &&
              today.some((t) => t.customer === card && t.fraud),
          );
          found.push(...caught);
          return caught.length / 100;
        });
        const sum = precisions.reduce((all, one) => all + one, 0);
        near(measures(judged).cardPrecision100, sum / days.length);
      }),
      // Shrinking hundreds of transactions takes minutes; the fixed ones below are easier to look into.
      { numRuns: 30, endOnFailure: true },
    );
  });
});

test('the training, with scikit-learn and pandas, tests on the same transactions and measures the same', () => {
  const [, ...lines] = readFileSync(new URL('judged.csv', FIXTURES), 'utf8').trim().split('\n');
  const judged = lines.map((line) => {
    const [day, customer, fraud, score, isTested] = line.split(',');
    return {
      day: Number(day),
      customer: customer!,
      fraud: fraud === '1',
      score: Number(score),
      isTested: isTested === '1',
    };
  });
  const tested = withoutKnown(judged, 14);
  assert.deepEqual(
    tested,
    judged.filter(({ isTested }) => isTested),
  );
  assert.ok(new Set(tested.map(({ score }) => score)).size <= 101, 'many scores are equal');
  const busiest = Map.groupBy(tested, ({ day }) => day)
    .values()
    .map((today) => new Set(today.map(({ customer }) => customer)).size);
  assert.ok(Math.max(...busiest) > 100, 'more cards than are checked');
  const found = measures(tested);
  near(found.auc, trained.auc);
  near(found.averagePrecision, trained.average_precision);
  near(found.cardPrecision100, trained.card_precision_100);
});

test('the order in which transactions are given does not matter', () => {
  const shuffled = transactions.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
  );
  fc.assert(
    fc.property(shuffled, ([given, reordered]) => {
      assert.deepEqual(measures(reordered), measures(given));
    }),
  );
});

test('scores that know the truth measure 1, and the same score for all measures chance', () => {
  const truth = Array.from({ length: 400 }, (_, index) => ({
    day: index % 4,
    customer: `C${index}`,
    fraud: index % 10 === 0,
    score: index % 10 === 0 ? 0.9 : 0.1,
  }));
  assert.deepEqual(measures(truth), { auc: 1, averagePrecision: 1, cardPrecision100: 0.1 });
  const { auc, averagePrecision } = measures(truth.map((t) => ({ ...t, score: 0.5 })));
  assert.deepEqual({ auc, averagePrecision }, { auc: 0.5, averagePrecision: 0.1 });
});

test('where there is nothing to measure, the measure is not a number', () => {
  const honest = { day: 0, customer: 'C1', fraud: false, score: 0.5 };
  assert.deepEqual(measures([]), {
    auc: Number.NaN,
    averagePrecision: Number.NaN,
    cardPrecision100: Number.NaN,
  });
  assert.deepEqual(measures([honest]), {
    auc: Number.NaN,
    averagePrecision: Number.NaN,
    cardPrecision100: 0,
  });
  assert.deepEqual(measures([{ ...honest, fraud: true }]), {
    auc: Number.NaN,
    averagePrecision: 1,
    cardPrecision100: 0.01,
  });
});

test('a score that is no finite number is refused by name', () => {
  for (const score of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const odd = { day: 5, customer: 'C7', fraud: false, score };
    assert.throws(() => measures([odd]), {
      name: 'RangeError',
      message: new RegExp(`C7 on day 5 is ${score}`),
    });
  }
});

test('a customer is left out from the eighth day after a fraud on, and days before the test are', () => {
  const at = (day: number, customer: string, fraud = false) => ({ day, customer, fraud });
  const given = [
    at(6, 'C1', true),
    at(13, 'C1'),
    at(14, 'C1'),
    at(15, 'C1', true),
    at(14, 'C2'),
    at(6, 'C3'),
  ];
  assert.deepEqual(withoutKnown(given, 7), [at(13, 'C1'), at(14, 'C2')]);
  assert.deepEqual(withoutKnown(given, 14), [at(14, 'C2')]);
  assert.deepEqual(withoutKnown([...given].reverse(), 7), [at(14, 'C2'), at(13, 'C1')]);
});

test('the published figures are shares, and tell their page', () => {
  for (const figures of Object.values(published.models)) {
    for (const figure of Object.values(figures)) assert.ok(figure > 0 && figure < 1);
  }
  assert.deepEqual(Object.keys(published.models), ['logistic regression', 'random forest', 'XGBoost']);
  assert.match(published.source, /^https:.*BaselineModeling\.html$/);
});
