import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JudgedClasses } from '../../../tools/demo/classMeasures.ts';

test('the figures are those of scikit-learn', () => {
  // accuracy_score, log_loss and roc_auc_score(multi_class="ovr", average="macro") of scikit-learn 1.9.1 on these rows.
  const rows: readonly [truth: number, probabilities: number[]][] = [
    [0, [0.5, 0.25, 0.25]],
    [0, [0.25, 0.625, 0.125]],
    [1, [0.125, 0.75, 0.125]],
    [1, [0.375, 0.375, 0.25]],
    [2, [0.125, 0.25, 0.625]],
    [2, [0.5, 0.25, 0.25]],
    [0, [0.75, 0.125, 0.125]],
  ];
  const judged = new JudgedClasses(3, 100);
  for (const [truth, probabilities] of rows) judged.add(truth, probabilities);
  const { accuracy, logLoss, macroAuc } = judged.measures()!;
  assert.ok(Math.abs(accuracy - 0.5714285714285714) < 1e-12, String(accuracy));
  assert.ok(Math.abs(logLoss - 0.78456184713725) < 1e-12, String(logLoss));
  assert.ok(Math.abs(macroAuc - 0.8638888888888889) < 1e-12, String(macroAuc));
});

test('the AUC of a class is the share of pairs that are the right way round, equal ones half', () => {
  const event = fc.record({ truth: fc.integer({ min: 0, max: 1 }), eighths: fc.integer({ min: 0, max: 8 }) });
  fc.assert(
    fc.property(fc.array(event, { minLength: 2, maxLength: 60 }), (events) => {
      const judged = new JudgedClasses(2, 100);
      for (const { truth, eighths } of events) judged.add(truth, [1 - eighths / 8, eighths / 8]);
      const ones = events.filter(({ truth }) => truth === 1);
      const zeros = events.filter(({ truth }) => truth === 0);
      if (ones.length === 0 || zeros.length === 0) return assert.equal(judged.measures(), undefined);
      const wins = ones.flatMap((one) =>
        zeros.map((zero) => (one.eighths > zero.eighths ? 1 : one.eighths === zero.eighths ? 0.5 : 0)),
      );
      const expected = wins.reduce((sum: number, win) => sum + win, 0) / wins.length;
      // With two classes, what one gains the other does: both have the same AUC.
      assert.ok(Math.abs(judged.measures()!.macroAuc - expected) < 1e-12);
    }),
  );
});

test('beyond its capacity the newest events count', () => {
  const judged = new JudgedClasses(2, 4);
  for (let at = 0; at < 10; at++) judged.add(at % 2, [0, 1]);
  assert.equal(judged.count, 4);
  assert.equal(judged.measures()!.accuracy, 0.5);
  for (let at = 0; at < 4; at++) judged.add(at % 2, at % 2 === 0 ? [1, 0] : [0, 1]);
  assert.deepEqual(judged.measures(), { accuracy: 1, logLoss: 0, macroAuc: 1 });
});
