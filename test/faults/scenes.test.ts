/** What is done to pipelines, and whether metrics, /scale, top, doctor and the console tell the truth of it. */
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { perform } from '../../tools/scenes/perform.ts';
import { scenes } from '../../tools/scenes/scenes.ts';
import { openStage, type Stage } from '../../tools/scenes/stage.ts';
import { launchChromium } from '../../tools/screens/browser.ts';
import { noChromium } from '../support/chromium.ts';

describe('every view tells the truth', { skip: noChromium }, () => {
  let stage: Stage;
  let browser: Browser;

  before(async () => {
    stage = await openStage({ signal: new AbortController().signal, onProgress: () => {} });
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await stage?.close();
  });

  for (const scene of scenes)
    test(`${scene.name}: ${scene.title}`, async (t) => {
      await perform(scene, { stage, browser, told: (view, words) => t.diagnostic(`${view}: ${words}`) });
    });
});
