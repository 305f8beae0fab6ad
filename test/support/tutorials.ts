/** What a tutorial packed, against the framework that trained it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseGivenRows } from '../../src/model/givenRows.ts';
import { differences, scoreRows } from '../../src/model/golden.ts';
import { loadPackage } from '../../src/model/package.ts';

/** As many as golden rows may be. */
export const ROWS = 1000;
/** What the pages call a plan that their training did not have. */
const UNKNOWN_PLAN = 'family';
/** Rows of a run: one, one that leaves a rest, and all at once. */
const ROWS_PER_RUN = [1, 7, ROWS];

/** The package scores `freshRows` as their file says, however they are cut into runs; some of them miss values. */
export async function assertAgrees(
  packageFolder: string,
  freshRows: string,
  unknown: boolean,
): Promise<void> {
  const { scorer, card } = await loadPackage(packageFolder, { maxRows: ROWS });
  try {
    assert.equal(card.golden.origin, 'scores-given');
    const names = card.features.map(({ name }) => name);
    const outputs = card.outputs.map(({ name }) => name);
    const given = parseGivenRows(readFileSync(freshRows, 'utf8'), names, outputs, freshRows);
    const holds = (value: unknown) => given.rows.some((row) => row.some((each) => each === value));
    assert.ok(holds(null), 'some values are missing');
    assert.equal(holds(UNKNOWN_PLAN), unknown, 'some plans are unknown');
    const scores = given.outputs!.score!.map(Number);
    assert.ok(Math.min(...scores) < 0.2 && Math.max(...scores) > 0.8, 'the model tells rows apart');
    for (const rowsPerRun of ROWS_PER_RUN) {
      scorer.setRowsPerRun(rowsPerRun);
      const got = await scoreRows(scorer, card.features, given.rows, freshRows);
      assert.deepEqual(differences(given.outputs!, got, card.tolerance), [], `${rowsPerRun} rows a run`);
    }
  } finally {
    await scorer.close();
  }
}
