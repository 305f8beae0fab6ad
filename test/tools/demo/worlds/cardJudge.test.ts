import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CardJudge } from '../../../../tools/demo/worlds/cardJudge.ts';

const FIRST_MS = Date.UTC(2018, 7, 8);
const DAY_MS = 86_400_000;

/** @param day 0 for the first of the handbook's test week */
function label(day: number, customer_id: string, fraud: boolean) {
  return {
    transaction_id: `${customer_id} ${day}`,
    customer_id,
    transaction_time: FIRST_MS + day * DAY_MS,
    fraud,
  };
}

/** A week in which every day one fraud is found and another is missed among four honest payments. */
function week(judge: CardJudge, from = 0): void {
  for (let day = from; day < from + 7; day++) {
    judge.add(label(day, `found ${day}`, true), 0.9);
    judge.add(label(day, `missed ${day}`, true), 0.1);
    for (let honest = 0; honest < 4; honest++) judge.add(label(day, `honest ${honest}`, false), 0.2);
  }
}

const shown = (judge: CardJudge) =>
  Object.fromEntries(judge.verdict().measures.map(({ name, here }) => [name, here]));

test('a week is measured and stands beside what is published for the same kind of model', () => {
  const judge = new CardJudge('1.0.0');
  week(judge);
  const verdict = judge.verdict();
  assert.match(verdict.covers, /^42 transactions of 2018-08-08 to 2018-08-14; 0 of known victims/);
  assert.deepEqual(
    verdict.measures.map(({ published }) => published),
    [0.871, 0.606, 0.291],
  );
  assert.match(verdict.published!, /Fraud Detection Handbook: logistic regression on its own draw$/);
  // Half of the frauds above all honest payments and half below.
  assert.equal(shown(judge).AUC, 0.5);
  // Every card of a day is among its 100 most suspicious.
  assert.equal(shown(judge)['card precision@100'], 0.02);
});

test('a customer is left out once a fraud on them is known, as labels from before the first event tell', () => {
  const judge = new CardJudge('1.0.0');
  judge.add(label(-8, 'known', true), undefined);
  judge.add(label(-7, 'not yet', true), undefined);
  week(judge);
  judge.add(label(6, 'known', true), 0.99);
  judge.add(label(0, 'not yet', true), 0.99);
  assert.match(judge.verdict().covers, /^43 transactions .*; 1 of known victims/);
});

test('the trees stand beside the published model that is nearest to them', () => {
  const judge = new CardJudge('2.0.0');
  week(judge);
  assert.deepEqual(
    judge.verdict().measures.map(({ published }) => published),
    [0.862, 0.639, 0.273],
  );
  assert.match(judge.verdict().published!, /XGBoost, the nearest to LightGBM$/);
});

test('only the last seven days are judged, however long it runs', () => {
  const judge = new CardJudge('1.0.0');
  week(judge, -40);
  const alone = new CardJudge('1.0.0');
  week(judge);
  week(alone);
  assert.deepEqual(judge.verdict(), alone.verdict());
});

test('less than a week is not said to be comparable', () => {
  const judge = new CardJudge('1.0.0');
  judge.add(label(0, 'a', true), 0.9);
  judge.add(label(0, 'b', false), 0.1);
  assert.match(judge.verdict().published!, /; of a week, which 1 day can only hint at$/);
  assert.match(judge.verdict().covers, /^2 transactions of 2018-08-08; /);
  assert.equal(shown(judge).AUC, 1);
});

test('without frauds there is no measure, and without scores none at all', () => {
  const judge = new CardJudge('1.0.0');
  assert.deepEqual(judge.verdict(), { covers: 'no score has a label', measures: [], published: undefined });
  judge.add(label(0, 'a', false), 0.1);
  assert.equal(shown(judge).AUC, undefined);
});
