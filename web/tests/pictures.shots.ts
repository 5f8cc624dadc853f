// Takes the pictures of docs/images: run by hand, with PAGE_PICTURES=folder scripts/test_page.

import { join } from 'node:path';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, it } from 'vitest';

import {
  openBrowser,
  Server,
  setSetting,
  startRun,
  untilFrames,
  untilState,
  visit,
} from './harness';

const folder = process.env.PAGE_PICTURES ?? '.';
let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
});

const screens = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
};

/** Scrolls so that the part that a picture is about is on a small screen. */
async function look(page: Page, selector: string): Promise<void> {
  await page.locator(selector).first().scrollIntoViewIfNeeded();
}

for (const [screen, options] of Object.entries(screens)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    it(`${screen}, ${colorScheme}`, async () => {
      const server = await Server.start();
      const page = await visit(browser, server, { ...options, colorScheme });
      const shoot = (name: string) =>
        page.screenshot({ path: join(folder, `page-${name}-${screen}-${colorScheme}.png`) });
      await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 1.9);
      await shoot('first-run');
      if (screen === 'desktop') {
        await page.getByRole('button', { name: 'Add a stage' }).click();
        await page.locator('#stage-prompt').fill('robot, night, wings');
        await page.locator('.card').first().click();
      }
      await startRun(page);
      await untilFrames(page, 7);
      await page.waitForFunction(() =>
        /step ([5-9]|1\d)\//.test(document.querySelector('.live')?.textContent ?? ''),
      );
      await shoot('drawing');
      await untilState(page, 'done');
      await page.getByRole('button', { name: 'Understood' }).click();
      await page.locator('.chart canvas').first().waitFor();
      await page.locator('.button-play').click();
      await page.getByLabel('Frame', { exact: true }).fill('14');
      await page.waitForTimeout(500);
      await look(page, '.charts');
      await shoot('done');
      await page.getByRole('button', { name: 'Compare', exact: true }).click();
      await page.evaluate(() => scrollTo(0, 0));
      await page.waitForTimeout(500);
      await shoot('compare');
      await page.getByRole('button', { name: 'Compare', exact: true }).click();
      await setSetting(page, 'steps', '0');
      await page.locator('#field-steps-problem').waitFor();
      await page.locator('.button-run').click();
      await page.locator('.toast-wrong').waitFor();
      await page.waitForTimeout(300);
      await shoot('error');
      await page.context().close();
      await server.stop();
    });
  }
}
