// For everyone: keyboard alone, screen readers, small screens, dark, less movement.

import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';

import { violations } from './axe';
import { setSetting, setSteps, startRun, untilState, useWorld } from './harness';

const world = useWorld();
/** Whether the page is wider than the screen. */
function sideways(page: Page): Promise<boolean> {
  return page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
}

it('has no violations in any of its states, light and dark', async () => {
  const light = await world.visit();
  expect(await violations(light), 'first run').toEqual([]);
  await setSteps(light, 2);
  await setSetting(light, 'steps', '2');
  await startRun(light);
  await untilState(light, 'done');
  await light.locator('.chart canvas').first().waitFor();
  for (const section of await light.locator('details.section summary').all()) await section.click();
  await setSetting(light, 'steps', '0');
  await light.locator('#field-steps-problem').waitFor();
  expect(await violations(light), 'done, sections open, a problem').toEqual([]);
  await light.locator('.actions').getByRole('button', { name: 'Compare' }).click();
  expect(await violations(light), 'compare').toEqual([]);
  await light.getByRole('button', { name: 'Keys', exact: true }).click();
  expect(await violations(light), 'list of keys').toEqual([]);

  const dark = await world.visit({ colorScheme: 'dark' });
  await untilState(dark, 'done');
  expect(await violations(dark), 'dark').toEqual([]);
  await dark.getByRole('button', { name: 'Text', exact: true }).click();
  await dark.locator('.run [aria-haspopup]').first().click();
  expect(await violations(dark), 'dark, text view, menu').toEqual([]);
});

it('works with the keyboard alone', async () => {
  const page = await world.visit();
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
});

it('asks once before Escape cancels', async () => {
  const page = await world.visit();
  await setSteps(page, 60);
  await setSetting(page, 'steps', '8');
  await startRun(page);
  await untilState(page, 'drawing');
  await page.keyboard.press('Escape');
  await page.locator('.toast', { hasText: 'Press Esc again' }).waitFor();
  await page.keyboard.press('Escape');
  await untilState(page, 'cancelled');
});

it('fits a phone and 320 pixels, with Run in reach', async () => {
  const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
  const page = await world.visit(phone);
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
});

it('moves nothing by itself where less movement is wanted', async () => {
  const page = await world.visit({ reducedMotion: 'reduce' });
  await untilState(page, 'done');
  expect(await page.getByRole('button', { name: 'Play' }).count()).toBe(1);
  const moving = await page.evaluate(() => document.getAnimations().length);
  expect(moving).toBe(0);
});
