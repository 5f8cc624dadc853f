// For everyone: keyboard alone, screen readers, small screens, dark, less movement.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { openBrowser, Server, setSetting, setSteps, startRun, untilState, visit } from './harness';

let server: Server;
let browser: Browser;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

beforeAll(async () => {
  server = await Server.start();
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

interface AxeResult {
  violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
}

/** What axe-core finds wrong, one line each. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const result = await page.evaluate(
    () =>
      (
        window as unknown as { axe: { run: () => Promise<unknown> } }
      ).axe.run() as Promise<AxeResult>,
  );
  return result.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`),
  );
}

/** Whether the page is wider than the screen. */
function sideways(page: Page): Promise<boolean> {
  return page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
}

it('has no violations in any of its states, light and dark', async () => {
  const light = await visit(browser, server);
  expect(await violations(light.page), 'first run').toEqual([]);
  await setSteps(light.page, 2);
  await setSetting(light.page, 'steps', '2');
  await startRun(light.page);
  await untilState(light.page, 'done');
  await light.page.locator('.chart canvas').waitFor();
  for (const section of await light.page.locator('details.section summary').all())
    await section.click();
  await setSetting(light.page, 'steps', '0');
  await light.page.locator('#problem-steps').waitFor();
  expect(await violations(light.page), 'done, sections open, a problem').toEqual([]);
  await light.page.locator('.actions').getByRole('button', { name: 'Compare' }).click();
  expect(await violations(light.page), 'compare').toEqual([]);
  await light.page.getByRole('button', { name: 'Keys', exact: true }).click();
  expect(await violations(light.page), 'list of keys').toEqual([]);
  await light.page.context().close();

  const dark = await visit(browser, server, { colorScheme: 'dark' });
  await untilState(dark.page, 'done');
  expect(await violations(dark.page), 'dark').toEqual([]);
  await dark.page.getByRole('button', { name: 'Text', exact: true }).click();
  await dark.page.locator('.run [aria-haspopup]').first().click();
  expect(await violations(dark.page), 'dark, text view, menu').toEqual([]);
  await dark.page.context().close();
});

it('works with the keyboard alone', async () => {
  const { page, complaints } = await visit(browser, server);
  const focused = () => page.evaluate(() => document.activeElement?.id ?? '');
  const label = () =>
    page.evaluate(
      () =>
        document.activeElement?.getAttribute('aria-label') ??
        document.activeElement?.textContent ??
        '',
    );
  const role = () => page.evaluate(() => document.activeElement?.getAttribute('role') ?? '');
  const tabTo = async (wanted: (name: string, id: string, role: string) => boolean) => {
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press('Tab');
      if (wanted(await label(), await focused(), await role())) return;
    }
    throw new Error('not reached with Tab');
  };
  await tabTo((name) => name.startsWith('Stage 1 of 2'));
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => document.activeElement?.textContent?.startsWith('Stage 2 of 2'));
  await page.keyboard.press('Shift+ArrowRight');
  expect(await label()).toContain('25 steps before it');
  await page.keyboard.press('n');
  await page.waitForFunction(() => document.activeElement?.textContent?.startsWith('Stage 3 of 3'));
  await page.keyboard.press('Control+ArrowLeft');
  await page.waitForFunction(() => document.activeElement?.textContent?.startsWith('Stage 2 of 3'));
  await page.keyboard.press('Delete');
  await page.waitForFunction(() => document.activeElement?.textContent?.startsWith('Stage 2 of 2'));
  await page.keyboard.press('1');
  await page.waitForFunction(() => document.activeElement?.textContent?.startsWith('Stage 1 of 2'));
  await page.keyboard.press('Enter');
  expect(await focused()).toBe('stage-prompt');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('cat, snow');
  await tabTo((_, id) => id === 'field-steps');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('2');
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('.result h2:has-text("cat, snow")');
  await untilState(page, 'done');
  await tabTo((_, __, role) => role === 'listbox');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await page.waitForSelector('.frame-canvas[data-shown="1"]');
  await page.keyboard.press('?');
  await page.locator('dialog[open]').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('asks once before Escape cancels', async () => {
  const { page } = await visit(browser, server);
  await setSteps(page, 60);
  await setSetting(page, 'steps', '8');
  await startRun(page);
  await untilState(page, 'drawing');
  await page.keyboard.press('Escape');
  await page.locator('.toast', { hasText: 'Press Esc again' }).waitFor();
  await page.keyboard.press('Escape');
  await untilState(page, 'cancelled');
  await page.context().close();
});

it('fits a phone and 320 pixels, with Run in reach', async () => {
  const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
  const { page, complaints } = await visit(browser, server, phone);
  expect(await sideways(page)).toBe(false);
  const button = page.getByRole('button', { name: /^Run/ }).first();
  const box = await page.locator('.button-run').boundingBox();
  expect(box && box.y + box.height).toBeLessThanOrEqual(844);
  expect(box?.height).toBeGreaterThanOrEqual(40);
  await page.getByLabel('One fewer: steps between stages 1 and 2').tap();
  await setSetting(page, 'steps', '2');
  const before = await page.locator('.result').getAttribute('data-run');
  await page.locator('.button-run').tap();
  await page.waitForFunction(
    (was) => document.querySelector<HTMLElement>('.result')?.dataset.run !== was,
    before,
  );
  await page.waitForSelector('.strip-frame img');
  await untilState(page, 'done');
  expect(await sideways(page)).toBe(false);
  expect(await button.isVisible()).toBe(true);
  expect(await violations(page)).toEqual([]);
  await page.setViewportSize({ width: 320, height: 640 });
  for (const section of await page.locator('details.section summary').all()) await section.tap();
  expect(await sideways(page)).toBe(false);
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('moves nothing by itself where less movement is wanted', async () => {
  const { page } = await visit(browser, server, { reducedMotion: 'reduce' });
  await untilState(page, 'done');
  expect(await page.getByRole('button', { name: 'Play' }).count()).toBe(1);
  const moving = await page.evaluate(() => document.getAnimations().length);
  expect(moving).toBe(0);
  await page.context().close();
});
