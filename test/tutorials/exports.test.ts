/**
 * docs/tutorials of PyTorch and Keras without their frameworks: what their scripts exported is in test/fixtures/tutorials. That the
 * scripts still export it is for test/heavy to say.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { FRESH_FILE, pythonOfFixtures, readMadeOf } from '../../tools/tutorials/fixtures.ts';
import { follow, untrue } from '../../tools/tutorials/follow.ts';
import { fixturesOf, madeOf, stepsOf, TUTORIALS } from '../../tools/tutorials/pages.ts';
import { temporaryFolder } from '../support/cardFraud.ts';
import { assertAgrees } from '../support/tutorials.ts';

describe('exports of heavy frameworks', { concurrency: true }, () => {
  for (const name of ['pytorch', 'keras'] as const) {
    const tutorial = TUTORIALS[name];
    const { page } = tutorial;

    test(`the fixtures of ${page} were made by the scripts in it`, async () => {
      const { scripts } = await readMadeOf(tutorial);
      assert.equal(
        scripts,
        madeOf(stepsOf(tutorial)),
        `run \`node tools/tutorials/main.ts ${name} --write\``,
      );
    });

    test(`${page} says what happens, and what it packs scores as the framework did`, async (t) => {
      const folder = temporaryFolder(t);
      const pythonBin = await pythonOfFixtures(tutorial, folder);
      const shown = await follow(stepsOf(tutorial), { page, folder, pythonBin, signal: t.signal });
      assert.deepEqual(untrue(shown), []);
      const [made] = tutorial.exports;
      await assertAgrees(
        join(folder, made.package),
        join(fixturesOf(tutorial), FRESH_FILE),
        'unknown' in made,
      );
    });
  }
});
