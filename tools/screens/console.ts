import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';

export interface Look {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly scheme: 'light' | 'dark';
}

/** A desk and a phone, by day and by night. */
const LOOKS: readonly Look[] = [
  { name: 'wide-light', width: 1280, height: 960, scheme: 'light' },
  { name: 'wide-dark', width: 1280, height: 960, scheme: 'dark' },
  { name: 'phone-light', width: 390, height: 844, scheme: 'light' },
  { name: 'phone-dark', width: 390, height: 844, scheme: 'dark' },
];

export interface ShootOptions {
  readonly looks?: readonly Look[];
  /** Signs in with it first. */
  readonly token?: string;
  /** The whole page, not only what fits the window. Default false. */
  readonly wholePage?: boolean;
  /** Waits for what the picture is of; default: the verdict is there. */
  readonly until?: (page: Page) => Promise<unknown>;
}

/** Opens the console as somebody would. */
export async function openConsole(
  browser: Browser,
  url: string,
  { width, height, scheme }: Omit<Look, 'name'>,
  token?: string,
): Promise<Page> {
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme: scheme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
  });
  await page.goto(url);
  if (token !== undefined) {
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }
  return page;
}

/** Pictures of the console at `url`, in `folder`, as `NAME-wide-light.png` and so on. @returns their paths */
export async function shootConsole(
  browser: Browser,
  url: string,
  folder: string,
  name: string,
  options: ShootOptions = {},
): Promise<string[]> {
  const { looks = LOOKS, token, wholePage = false, until } = options;
  const paths: string[] = [];
  for (const look of looks) {
    const page = await openConsole(browser, url, look, token);
    try {
      await page.locator('#verdict').waitFor();
      await until?.(page);
      const path = join(folder, `${name}-${look.name}.png`);
      await page.screenshot({ path, fullPage: wholePage });
      paths.push(path);
    } finally {
      await page.close();
    }
  }
  return paths;
}
