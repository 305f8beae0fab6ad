/** docs/tutorials of scikit-learn and of LightGBM and XGBoost: what they say works, and what they pack scores as they do. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { makeEnvironment, noPython } from '../../tools/tutorials/environment.ts';
import { FRESH_FILE, scoreFreshRows } from '../../tools/tutorials/fixtures.ts';
import { follow, untrue } from '../../tools/tutorials/follow.ts';
import { packagesFor, stepsOf, TUTORIALS } from '../../tools/tutorials/pages.ts';
import { temporaryFolder } from '../support/cardFraud.ts';
import { assertAgrees, ROWS } from '../support/tutorials.ts';

const PAGES = [TUTORIALS.scikitLearn, TUTORIALS.gradientBoosting];

const missing = await noPython();
const skip = missing === undefined ? false : `following a tutorial ${missing}`;
// One environment for both, made before either begins.
const python = skip === false ? await makeEnvironment(packagesFor(TUTORIALS.scikitLearn)) : undefined;

describe('tutorials', { concurrency: true }, () => {
  for (const tutorial of PAGES) {
    const { page, exports } = tutorial;
    test(`${page} says what happens, and what it packs scores as the framework does`, { skip }, async (t) => {
      const folder = temporaryFolder(t);
      const { bin } = python!;
      const shown = await follow(stepsOf(tutorial), { page, folder, pythonBin: bin, signal: t.signal });
      assert.deepEqual(untrue(shown), []);
      for (const made of exports) {
        await scoreFreshRows(folder, bin, ROWS, made);
        await assertAgrees(join(folder, made.package), join(folder, FRESH_FILE), 'unknown' in made);
      }
    });
  }
});
