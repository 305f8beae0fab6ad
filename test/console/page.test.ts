/** The page in a real browser, over the real server, told of events that never were: what Kafka has no part in. */
import assert from 'node:assert/strict';
import { after, describe, type TestContext, test } from 'node:test';
import { axeViolations, closeBrowser, noChromium, overhang, visit } from '../support/chromium.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

after(closeBrowser);

const READ = 'reader-0123456789';
const CHANGE = 'changer-0123456789';

async function world(t: TestContext, options: WorldOptions = {}): Promise<World> {
  const made = await startWorld(options);
  t.after(() => made.close());
  return made;
}

describe('the console page', { skip: noChromium }, () => {
  test('is legible and complete from a phone to a wide screen, by day and by night, for all', async (t) => {
    const { url } = await world(t, { stuck: true });
    const { page, complaints, asked } = await visit(t, url);
    await page.getByRole('heading', { name: 'Partly stuck' }).waitFor();
    await page.getByRole('heading', { name: 'Who changed what' }).waitFor();
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const width of [320, 360, 768, 1024, 1440, 1920]) {
        await page.setViewportSize({ width, height: 900 });
        assert.equal(await overhang(page), 0, `${scheme}, ${width} pixels`);
      }
      assert.deepEqual(await axeViolations(page), [], scheme);
      await page.setViewportSize({ width: 360, height: 800 });
      assert.deepEqual(await axeViolations(page), [], `${scheme}, on a phone`);
    }
    const headings = await page.getByRole('heading', { level: 2 }).allInnerTexts();
    assert.deepEqual(headings, [
      'Partly stuck',
      'The last 15 minutes',
      'The journey of an event',
      'Partitions',
      'The model',
      'Replicas needed',
      'Commands',
      'This replica',
      'The whole group',
      'Rejected events',
      'Who changed what',
    ]);
    assert.deepEqual(complaints, []);
    assert.ok(asked.every((address) => address.startsWith(url) || address.startsWith('data:')));
  });

  test('tells the state in words, and names what stands still', async (t) => {
    const { url, telemetry } = await world(t, { stuck: true });
    const { page } = await visit(t, url);
    await page.getByText('Events wait in partition 4 and none gets an outcome').waitFor();
    await page.getByText('Partition 4 is stuck.').waitFor();
    const row = page.getByRole('table', { name: /^Partitions held/ }).getByRole('row', { name: /^4\b/ });
    assert.match(await row.innerText(), /not moving/);
    const { TidemarkError } = await import('../../src/errors.ts');
    const cause = new TidemarkError('E-KAFKA-UNREACHABLE', 'no broker of localhost:9092 answers');
    telemetry.dependencyDown('source', cause);
    telemetry.stateChanged({ kind: 'paused', why: 'E-KAFKA-UNREACHABLE no broker answers' });
    await page.getByRole('heading', { name: 'Paused' }).waitFor();
    const waits = page.getByRole('table', { name: 'What this replica waits for' });
    assert.match(await waits.innerText(), /source.*no broker of localhost:9092 answers/s);
    assert.equal(await page.getByRole('status').first().textContent(), 'Paused', 'said aloud');
    assert.match(await page.title(), /card-fraud · paused$/);
  });

  test('shows what events held only when asked, and as text whatever it is', async (t) => {
    const { url } = await world(t);
    const { page, asked } = await visit(t, url);
    const show = page.getByRole('button', { name: /^Show the payload of / });
    await show.first().waitFor();
    assert.ok(!asked.some((address) => address.includes('/payload')));
    await page.getByText('<b>amount</b> is -3').waitFor();
    await show.first().click();
    await page.getByText('<img src=x onerror=alert(1)>').waitFor();
    assert.equal(await page.locator('.payload img').count(), 0);
    assert.equal(asked.filter((address) => address.includes('/payload')).length, 1);
  });

  test('has neither group, advice, audit nor commands where the process has none', async (t) => {
    const { url } = await world(t, { alone: true });
    const { page, complaints } = await visit(t, url);
    await page.getByRole('heading', { name: 'Rejected events' }).waitFor();
    for (const name of ['The whole group', 'Replicas needed', 'Who changed what', 'Commands'])
      assert.equal(await page.getByRole('heading', { name }).count(), 0, name);
    assert.deepEqual(complaints, []);
  });

  test('sends a command with who and why, by the keyboard alone', async (t) => {
    const { url, commands } = await world(t);
    const { page } = await visit(t, url);
    await page.getByRole('button', { name: 'Skip …' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Skip' });
    await dialog.waitFor();
    assert.deepEqual(await axeViolations(page), []);
    await dialog.getByLabel('Partition').selectOption('4');
    await dialog.getByLabel('Records to skip').fill('2');
    await dialog.getByLabel('Why').fill('a record of a broken producer');
    await dialog.getByLabel('Your name').fill('ana');
    // Figures come while somebody writes, and what was written stays.
    await page.waitForResponse((response) => response.url().includes('/api/replica'));
    assert.equal(await dialog.getByLabel('Why').inputValue(), 'a record of a broken producer');
    await page.keyboard.press('Enter');
    await dialog.getByText('Done.').waitFor();
    assert.deepEqual(commands, [
      { by: 'ana', why: 'a record of a broken producer', command: 'skip', partition: 4, to: { skip: 2 } },
    ]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  test('asks for a token, offers commands to whom may give them, and forgets all on signing out', async (t) => {
    const access = { loopback: false, readToken: READ, changeToken: CHANGE };
    const { url } = await world(t, { access });
    const { page, asked } = await visit(t, url);
    const signIn = async (token: string) => {
      await page.getByLabel('Token').fill(token);
      await page.keyboard.press('Enter');
    };
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.deepEqual(await axeViolations(page), []);
    assert.ok(!(await page.content()).includes('card-fraud'), 'nothing is told before');
    await signIn('nobody-0123456789');
    await page.getByRole('alert').getByText('That is not the token.').waitFor();
    await signIn(READ);
    await page.getByRole('heading', { name: 'Keeping up' }).waitFor();
    assert.equal(await page.getByRole('heading', { name: 'Commands' }).count(), 0);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn(CHANGE);
    await page.getByRole('heading', { name: 'Commands' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Commands' }).waitFor();
    assert.ok(asked.every((address) => !address.includes('0123456789')));
  });

  test('says who would have to set which key where nobody may read', async (t) => {
    const { url } = await world(t, { access: { loopback: false } });
    const { page } = await visit(t, url);
    await page.getByText(/needs http\.read_token in the pipeline’s file/).waitFor();
  });

  test('says since when nothing is heard of a process, and goes on with the one that comes after it', async (t) => {
    const first = await startWorld();
    const { page } = await visit(t, first.url);
    await page.locator('.whose').getByText('scorer-7f9c:4121').waitFor();
    await first.close();
    const alert = page.getByRole('alert');
    await alert.getByText(/No word from this process since \d+ \w+ \d\d:\d\d:\d\d/).waitFor();
    assert.deepEqual(await axeViolations(page), []);
    const since = await alert.innerText();
    await page.waitForEvent('requestfailed');
    assert.equal(await alert.innerText(), since, 'since the first time');
    await world(t, { port: first.port, pid: 5000 });
    await page.locator('.whose').getByText('scorer-7f9c:5000').waitFor();
    assert.equal(await alert.count(), 0);
  });
});
