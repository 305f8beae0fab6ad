/** The tutorials, and what the tests and fixtures of each have to know beside the page itself. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { packagesOf, readPage, type Step } from './page.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A model that a page makes. */
export interface Export {
  /** Trains it and writes the ONNX file. */
  readonly script: string;
  /** As packed, in the folder where the page is followed. */
  readonly package: string;
  /** Python: makes some of the `drawn` rows hold a category that the training did not have. */
  readonly unknown?: string;
}

export interface Tutorial {
  /** From the root of the project. */
  readonly page: string;
  /** Frameworks of gigabytes: what their scripts export is kept as a fixture. */
  readonly heavy: boolean;
  readonly exports: readonly Export[];
}

export const TUTORIALS = {
  scikitLearn: {
    page: 'docs/tutorials/scikit-learn.md',
    heavy: false,
    exports: [
      { script: 'train_matrix.py', package: 'models/churn/1.0.0' },
      {
        script: 'train_frame.py',
        package: 'models/churn/2.0.0',
        unknown: 'drawn.loc[::9, "country"] = "FR"; drawn.loc[::11, "plan"] = "family"',
      },
    ],
  },
  gradientBoosting: {
    page: 'docs/tutorials/gradient-boosting.md',
    heavy: false,
    exports: [
      { script: 'train_lightgbm.py', package: 'models/churn-lightgbm/1.0.0', unknown: 'drawn[::9, 4] = -1' },
      { script: 'train_xgboost.py', package: 'models/churn-xgboost/1.0.0', unknown: 'drawn[::9, 4] = -1' },
    ],
  },
  pytorch: {
    page: 'docs/tutorials/pytorch.md',
    heavy: true,
    exports: [{ script: 'train_torch.py', package: 'models/churn/1.0.0', unknown: 'drawn[1][::9] = 3' }],
  },
  keras: {
    page: 'docs/tutorials/keras.md',
    heavy: true,
    exports: [{ script: 'train_keras.py', package: 'models/churn/1.0.0' }],
  },
} as const satisfies Record<string, Tutorial>;

export function stepsOf({ page }: Tutorial): Step[] {
  return readPage(join(ROOT, page));
}

/** What following the page takes: an environment of its own for a heavy one, one together for the others. */
export function packagesFor(tutorial: Tutorial): readonly string[] {
  if (tutorial.heavy) return packagesOf(stepsOf(tutorial));
  const light = Object.values(TUTORIALS).filter(({ heavy }) => !heavy);
  return [...new Set(light.flatMap((page) => packagesOf(stepsOf(page))))];
}

/** The folder of what a heavy tutorial's scripts wrote. */
export function fixturesOf({ page }: Tutorial): string {
  return join(ROOT, 'test/fixtures/tutorials', page.slice(page.lastIndexOf('/') + 1, -'.md'.length));
}

/** SHA-256 of a page's scripts, how it runs them, and its packages: fixtures made of others are out of date. */
export function madeOf(steps: readonly Step[]): string {
  const scripts = steps.flatMap((step) => {
    if (step.kind === 'file') return step.name.endsWith('.py') ? [step.name, step.text] : [];
    return step.kind === 'commands' && /^python /m.test(step.commands) ? [step.commands] : [];
  });
  return createHash('sha256')
    .update(JSON.stringify([packagesOf(steps), scripts]))
    .digest('hex');
}
