/** docs/tutorials of PyTorch and Keras with their frameworks, where they were installed: gigabytes that no test downloads unasked. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { environmentOf } from '../../tools/tutorials/environment.ts';
import { FRESH_FILE, scoreFreshRows } from '../../tools/tutorials/fixtures.ts';
import { follow, untrue } from '../../tools/tutorials/follow.ts';
import { packagesFor, stepsOf, TUTORIALS } from '../../tools/tutorials/pages.ts';
import { temporaryFolder } from '../support/cardFraud.ts';
import { assertAgrees, ROWS } from '../support/tutorials.ts';

for (const name of ['pytorch', 'keras'] as const) {
  const tutorial = TUTORIALS[name];
  const { page, exports } = tutorial;
  const { isReady, bin } = await environmentOf(packagesFor(tutorial));
  const skip = isReady
    ? false
    : `${page} needs its packages: node tools/tutorials/main.ts ${name} installs them into .venv/`;

  test(`${page} exports what it says, and what it packs scores as the framework does`, {
    skip,
  }, async (t) => {
    const folder = temporaryFolder(t);
    const shown = await follow(stepsOf(tutorial), { page, folder, pythonBin: bin, signal: t.signal });
    assert.deepEqual(untrue(shown), []);
    for (const made of exports) {
      await scoreFreshRows(folder, bin, ROWS, made);
      await assertAgrees(join(folder, made.package), join(folder, FRESH_FILE), 'unknown' in made);
    }
  });
}
