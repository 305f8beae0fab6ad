import type { TestContext } from 'node:test';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { findChromium, launchChromium } from '../../tools/screens/browser.ts';

/** Why tests in a browser are skipped here; false where they are not. */
export const noChromium: string | false =
  findChromium() === undefined && 'no Chromium on PATH: `apt-get install chromium` to run this';

export interface Visit {
  readonly page: Page;
  /** What the browser complained of: errors of scripts, refusals by the content security policy, files that did not come. */
  readonly complaints: string[];
  /** Addresses that were asked for. */
  readonly asked: string[];
}

let shared: Promise<Browser> | undefined;

/** The browser of this test file; close it by `closeBrowser`. */
function browser(): Promise<Browser> {
  shared ??= launchChromium();
  return shared;
}

export async function closeBrowser(): Promise<void> {
  await (await shared)?.close();
}

export interface VisitOptions {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
}

/** Opens an address in a window of its own, which the end of the test closes. */
export async function visit(t: TestContext, url: string, options: VisitOptions = {}): Promise<Visit> {
  const { width = 1440, height = 900, scheme = 'light' } = options;
  const context = await (await browser()).newContext({
    viewport: { width, height },
    colorScheme: scheme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
  });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => {
    const isComplaint = message.type() === 'error' || message.type() === 'warning';
    // Advice on replicas is not known before the group was looked at twice, and /scale says so with a 503.
    if (isComplaint && !/status of 503/.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(url);
  return { page, complaints, asked };
}

/** What axe finds on the page as it is, each with the element. */
export async function axeViolations(page: Page): Promise<string[]> {
  // By the browser’s own debugger: the page’s policy lets no script in, and stays as it is.
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
      };
    };
    return (await axe.run()).violations;
  });
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ''}`),
  );
}

/** By how many pixels the page is wider than its window. */
export function overhang(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}
