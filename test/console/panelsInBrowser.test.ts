/** What panels draw and send, in a real browser, against what the process was told. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { count, duration, rate } from '../../src/console/format.ts';
import type { ReplicaView } from '../../src/http/api/replica.ts';
import { closeBrowser, noChromium, visit } from '../support/chromium.ts';
import { startWorld } from './world.ts';

after(closeBrowser);

/** How many pixels of each drawing have nearly this colour of the page. */
function pixelsOf(page: Page, colour: string): Promise<number[]> {
  return page.evaluate(`[...document.querySelectorAll('.plot canvas')].map((canvas) => {
    const paint = document.createElement('canvas').getContext('2d');
    paint.fillStyle = getComputedStyle(canvas).getPropertyValue('--${colour}').trim();
    paint.fillRect(0, 0, 1, 1);
    const wanted = paint.getImageData(0, 0, 1, 1).data;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let pixels = 0;
    for (let at = 0; at < data.length; at += 4) {
      const away = [0, 1, 2].reduce((sum, i) => sum + Math.abs(data[at + i] - wanted[i]), 0);
      if (data[at + 3] > 200 && away < 30) pixels++;
    }
    return pixels;
  })`);
}

describe('panels in a browser', { skip: noChromium }, () => {
  test('draw the history and the histogram that the process tells, and say the same in words', async (t) => {
    const { url, close } = await startWorld();
    t.after(close);
    const view = (await (await fetch(`${url}api/replica`)).json()) as ReplicaView;
    const { page } = await visit(t, url);
    // One answer for ever, so that what is shown can be held against it.
    const still = { ...view, history: { ...view.history, atMs: [] } };
    await page.route(/since=0$/, (route) => route.fulfill({ json: view }));
    await page.route(/since=[1-9]/, (route) => route.fulfill({ json: still }));
    await page.reload();
    const { scored, lagRecords, p99Seconds } = view.history;
    for (const [what, values, format] of [
      ['Scored events per second', scored, rate],
      ['Records that wait', lagRecords, count],
      ['Latency that 99 of 100 events keep', p99Seconds, duration],
    ] as const) {
      const known = values.filter((value) => value !== null);
      const [least, most] = [Math.min(...known), Math.max(...known)];
      const name = `${what}: now ${format(values.at(-1))}, at least ${format(least)}, at most ${format(most)}.`;
      await page.getByRole('img', { name, exact: true }).waitFor();
    }
    const drawn = await pixelsOf(page, 'tide');
    assert.equal(drawn.length, 3);
    for (const pixels of drawn) assert.ok(pixels > 100, `a line in each plot: ${drawn}`);
    const [output] = view.outputs;
    const bars = page.getByRole('img', { name: /^Histogram of score: / }).locator('rect');
    const titles = await bars.evaluateAll((rects) => rects.map((rect) => rect.textContent?.trim() ?? ''));
    assert.deepEqual(
      titles.map((title) => Number(/: ([\d,]+) \(/.exec(title)?.[1]?.replaceAll(',', ''))),
      output!.counts,
    );
    const heights = await bars.evaluateAll((rects) =>
      rects.map((rect) => Number(rect.getAttribute('height'))),
    );
    assert.equal(heights[output!.counts.indexOf(Math.max(...output!.counts))], 90, 'the highest fills it');
    assert.deepEqual(
      heights.map((height) => height > 0),
      output!.counts.map((of) => of > 0),
    );
  });

  test('tell who changed what, why, and what came of it', async (t) => {
    const { url, close } = await startWorld();
    t.after(close);
    const { page } = await visit(t, url);
    const table = page.getByRole('table', { name: /^Changes that were asked for/ });
    const row = table.locator('tbody tr').first();
    await row.waitFor();
    const cells = await row.locator('th, td').allInnerTexts();
    assert.deepEqual(cells.slice(1), [
      'ana@ops',
      'skip partition 4 skip 1',
      'a record of a broken producer',
      'scorer-7f9c:4121 partition 4: 1204 → 1205',
    ]);
  });

  test('send each command with what it takes', async (t) => {
    const { url, commands, close } = await startWorld();
    t.after(close);
    const { page } = await visit(t, url);
    const who = { by: 'ana', why: 'to try it' };
    const verbs: readonly [string, (dialog: ReturnType<Page['getByRole']>) => Promise<unknown>, object][] = [
      ['Pause', async () => {}, { command: 'pause' }],
      ['Resume', async () => {}, { command: 'resume' }],
      ['Drain', async () => {}, { command: 'drain' }],
      ['Skip', (d) => d.getByLabel('Records').fill('3'), { command: 'skip', partition: 0, to: { skip: 3 } }],
      [
        'Seek',
        (d) => d.getByLabel('To').fill('1204'),
        { command: 'seek', partition: 0, to: { offset: 1204 } },
      ],
      ['Seek', (d) => d.getByLabel('To').fill('earliest'), { command: 'seek', partition: 0, to: 'earliest' }],
      [
        'Log level',
        (d) => d.getByLabel('Level').selectOption('warn'),
        { command: 'log-level', level: 'warn' },
      ],
    ];
    for (const [name, fill, sent] of verbs) {
      await page.getByRole('button', { name: `${name} …` }).click();
      const dialog = page.getByRole('dialog', { name });
      await fill(dialog);
      await dialog.getByLabel('Why').fill(who.why);
      await dialog.getByLabel('Your name').fill(who.by);
      await dialog.getByRole('button', { name, exact: true }).click();
      await dialog.getByText('Done.').waitFor();
      assert.deepEqual(commands.at(-1), { ...who, ...sent });
      await dialog.getByRole('button', { name: 'Close' }).click();
      await dialog.waitFor({ state: 'hidden' });
    }
    assert.equal(commands.length, verbs.length);
  });

  test('leave a dialog alone that was opened while another command waited for its answer', async (t) => {
    const { url, close } = await startWorld();
    t.after(close);
    const { page } = await visit(t, url);
    const held = Promise.withResolvers<void>();
    await page.route('**/api/commands', async (route) => {
      await held.promise;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Pause …' }).click();
    const pause = page.getByRole('dialog', { name: 'Pause' });
    await pause.getByLabel('Why').fill('a slow broker');
    await pause.getByLabel('Your name').fill('ana');
    await page.keyboard.press('Enter');
    await pause.getByText('Waiting for replicas').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Skip …' }).click();
    const skip = page.getByRole('dialog', { name: 'Skip' });
    await skip.getByLabel('Why').fill('a broken record');
    const answered = page.waitForResponse('**/api/commands');
    held.resolve();
    await (await answered).finished();
    // Two more rounds of figures are drawn after it.
    for (let round = 0; round < 2; round++) await page.waitForResponse(/api\/replica/);
    assert.equal(await skip.getByLabel('Why').inputValue(), 'a broken record');
  });

  test('show this process while what Kafka would have to tell does not come', async (t) => {
    const { url, close } = await startWorld();
    t.after(close);
    const { page } = await visit(t, url);
    await page.route('**/api/audit', () => {});
    await page.route('**/api/group', (route) => route.abort());
    await page.reload();
    await page.getByRole('heading', { name: 'Keeping up' }).waitFor({ timeout: 7_000 });
    await page.getByRole('heading', { name: 'Rejected events' }).waitFor();
    assert.equal(await page.getByRole('heading', { name: 'Who changed what' }).count(), 0);
    // By then the page has given up waiting for the audit.
    await page.waitForEvent('requestfailed', (request) => request.url().endsWith('/api/audit'));
    await page.waitForResponse(/api\/replica/);
    assert.equal(await page.locator('[data-connection=connected]').count(), 1);
    await page.unroute('**/api/audit');
    await page.getByRole('heading', { name: 'Who changed what' }).waitFor();
  });
});
