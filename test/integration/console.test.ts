/** The console of a process that scores, in a real browser. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type CardFraud, newCardFraud } from '../support/cardFraud.ts';
import { axeViolations, closeBrowser, noChromium, overhang, visit } from '../support/chromium.ts';
import { payments } from '../support/payments.ts';
import { produce, waitFor } from '../support/stack.ts';
import { runTidemark, type TidemarkProcess } from '../support/tidemark.ts';

after(closeBrowser);

const SENT = 600;
const TOKEN = 'console-test-0123456789';

async function portOf(process: TidemarkProcess): Promise<number> {
  return (await process.says({ event: 'listening' })).port as number;
}

/** Samples of /metrics: name and labels as they stand there, without `pipeline`. */
async function scraped(port: number): Promise<Map<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      const name = line
        .slice(0, at)
        .replace(/,?pipeline="[^"]*"/, '')
        .replace('{}', '');
      return [name, Number(line.slice(at + 1))];
    }),
  );
}

/** A row of the table with this caption as its cells' text, by the text of its first. */
async function rowsOf(page: Page, caption: string): Promise<Map<string, string[]>> {
  const rows = await page.getByRole('table', { name: caption }).locator('tbody tr').all();
  const cells = await Promise.all(rows.map((row) => row.locator('th, td').allInnerTexts()));
  return new Map(cells.map((texts) => [texts[0]!.trim(), texts.map((text) => text.trim())]));
}

const numberOf = (text: string | undefined) => Number(text?.replaceAll(/[^0-9.]/g, ''));

describe('the console', { skip: noChromium }, () => {
  test('says of a running process what its metrics say, hides what events hold, and recovers from a restart', async (t) => {
    const pipeline = await newCardFraud(t, {
      partitions: 3,
      settings: { http: { port: 0 }, 'slo.from': 'record', commit_every: '200ms' },
    });
    let run = runTidemark(t, pipeline.file);
    const port = await portOf(run);
    await run.untilHolding(3);
    await pipeline.send(payments(SENT));
    await produce(pipeline.input, [{ key: 'bad', value: '{"card": "4111-1111"}', partition: 1 }]);
    await untilSettled(port, SENT + 1);
    const { page, complaints, asked } = await visit(t, `http://127.0.0.1:${port}/`);

    await page.getByRole('heading', { name: /^(Keeping up|Idle|Late)$/ }).waitFor();
    await page.getByText(`${SENT + 1} since the process started`).waitFor();
    const metrics = await scraped(port);
    const partitions = await rowsOf(page, 'Partitions held by this replica, with lag and progress');
    assert.deepEqual([...partitions.keys()], ['0', '1', '2']);
    let committed = 0;
    for (const [partition, cells] of partitions) {
      const label = `{partition="${partition}"}`;
      assert.equal(numberOf(cells[2]), metrics.get(`tidemark_partition_lag_records${label}`));
      assert.equal(numberOf(cells[5]), metrics.get(`tidemark_committed_offset${label}`));
      committed += numberOf(cells[5]);
    }
    assert.equal(committed, SENT + 1);
    const decisions = await rowsOf(page, 'Decisions, most frequent first');
    for (const decision of ['allow', 'review', 'block']) {
      const counted = metrics.get(`tidemark_decisions_total{decision="${decision}"}`);
      assert.equal(numberOf(decisions.get(decision)?.[1]), counted, decision);
    }
    const model = [...metrics.keys()].find((name) => name.startsWith('tidemark_model_info'))!;
    for (const label of ['name', 'version', 'digest']) {
      const value = new RegExp(`${label}="([^"]+)"`).exec(model)![1]!;
      assert.match(await page.getByRole('region', { name: 'The model' }).innerText(), new RegExp(value));
    }
    // The journey is read every two seconds, and may not have seen these events yet.
    const rooms = page.getByRole('region', { name: 'The journey of an event' });
    await rooms.getByText('nothing passed').first().waitFor({ state: 'detached' });
    assert.match(await rooms.innerText(), /\d\s*% of the time/);
    assert.match(await page.locator('.whose').innerText(), new RegExp(`:${run.pid}\\b`));

    await t.test('a rejected event shows, and what it held only when somebody asks', async () => {
      const rejected = page.getByRole('region', { name: 'Rejected events' });
      await rejected.getByRole('table').getByText('E-AVRO-FRAME').waitFor();
      const place = await rejected.locator('code.place').first().innerText();
      assert.match(place, new RegExp(`^${pipeline.input}/1@\\d+$`));
      const hidden = Buffer.from('4111-1111')
        .toString('hex')
        .replaceAll(/(..)(?=.)/g, '$1 ');
      assert.ok(!(await page.content()).includes('4111') && !(await page.content()).includes(hidden));
      await rejected.getByRole('button', { name: `Show the payload of ${place}` }).click();
      await rejected.getByText(hidden).waitFor();
      await rejected.getByRole('button', { name: `Hide the payload of ${place}` }).click();
      await rejected.getByText(hidden).waitFor({ state: 'detached' });
    });

    await t.test('by day and by night, from a phone to a wide screen', async () => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        for (const width of [360, 768, 1920]) {
          await page.setViewportSize({ width, height: 900 });
          assert.equal(await overhang(page), 0, `${colorScheme}, ${width} pixels`);
          assert.deepEqual(await axeViolations(page), [], `${colorScheme}, ${width} pixels`);
        }
      }
    });

    assert.deepEqual(complaints, []);
    const elsewhere = asked.filter(
      (url) => !url.startsWith(`http://127.0.0.1:${port}/`) && !url.startsWith('data:'),
    );
    assert.deepEqual(elsewhere, [], 'nothing is asked of others');

    await t.test(
      'when the process is gone the page says since when, and goes on with the next one',
      async () => {
        await run.killed();
        await page
          .getByRole('alert')
          .getByText(/No word from this process since/)
          .waitFor();
        assert.equal(await page.locator('[data-connection=lost] main').count(), 1);
        run = runTidemark(t, pipeline.fileWith({ http: { port } }));
        await run.says({ event: 'listening' });
        await page.getByText(/No word from this process since/).waitFor({ state: 'detached' });
        await page.locator('.whose').getByText(`:${run.pid}`).waitFor();
      },
    );
  });

  test('asks for a token where one is needed, and keeps it out of every address', async (t) => {
    const pipeline: CardFraud = await newCardFraud(t, {
      settings: { http: { host: '0.0.0.0', port: 0, read_token: TOKEN } },
    });
    const run = runTidemark(t, pipeline.file);
    const port = await portOf(run);
    const { page, asked } = await visit(t, `http://127.0.0.1:${port}/`);
    const token = page.getByLabel('Token');
    await token.fill('wrong-0123456789-wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page
      .getByRole('alert')
      .getByText(/not the token/)
      .waitFor();
    assert.deepEqual(await axeViolations(page), []);
    await token.fill(TOKEN);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('#verdict').waitFor();
    assert.ok(asked.every((url) => !url.includes(TOKEN)));
    assert.ok(run.logs.every((line) => !JSON.stringify(line).includes(TOKEN)));
    await page.getByRole('button', { name: 'Sign out' }).click();
    await token.waitFor();
    assert.equal(await page.locator('#verdict').count(), 0, 'nothing is left of what was shown');
  });
});

/** Waits until so many events have their outcome and all of it is committed. */
async function untilSettled(port: number, events: number): Promise<void> {
  await waitFor(
    async () => {
      const metrics = await scraped(port);
      const sum = (prefix: string) =>
        [...metrics].reduce((total, [name, value]) => total + (name.startsWith(prefix) ? value : 0), 0);
      return sum('tidemark_committed_offset') === events && sum('tidemark_partition_lag_records') === 0;
    },
    `${events} events settled`,
    30_000,
  );
}
