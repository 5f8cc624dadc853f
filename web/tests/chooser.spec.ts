// Checkpoints and VAEs with their pictures: found by typing, chosen by keys and clicks.

import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, expect, it } from 'vitest';

import type { Bootstrap } from '../src/api/types';
import { violations } from './axe';
import { pngOf, put } from './files';
import { useWorld } from './harness';

const world = useWorld();
const tiny = fileURLToPath(
  new URL('../../tests/data/tiny_sd1/model.safetensors', import.meta.url),
);
let page: Page;

beforeAll(async () => {
  const models = join(world.server.models, 'Stable-diffusion');
  expect(existsSync(tiny)).toBe(true);
  put(join(models, 'sets/photo & film.safetensors'), '');
  copyFileSync(tiny, join(models, 'sets/photo & film.safetensors'));
  put(
    join(models, 'sets/photo & film.png'),
    pngOf(600, 300, (x, y) => [x % 256, y % 256, 120]),
  );
  put(join(models, 'broken.safetensors'), 'no tensors');
  await fetch(`${world.server.url}/api/v1/models/refresh`, { method: 'POST' });
});

beforeEach(async () => {
  page = await world.visit();
});

const browse = () => page.getByRole('button', { name: 'Browse checkpoints' });
const search = () => page.getByRole('combobox', { name: 'Search checkpoints' });
const line = (text: string) => page.locator('.choice').filter({ hasText: text });

it('shows pictures beside checkpoints and chooses one by keys', async () => {
  await browse().press('Enter');
  await search().waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'combobox');
  await page.waitForFunction(() => {
    const image = document.querySelector<HTMLImageElement>('.choice img');
    return image !== null && image.naturalWidth === 256;
  });
  expect(await line('broken').getAttribute('aria-disabled')).toBe('true');
  expect(await violations(page)).toEqual([]);
  await page.keyboard.type('film');
  expect(await page.locator('.choice').count()).toBe(1);
  await page.keyboard.press('Enter');
  await search().waitFor({ state: 'detached' });
  const { models } = await world.server.get<Bootstrap>('/bootstrap');
  const photo = models.find((model) => model.name.includes('photo'));
  expect(await page.locator('#field-model').inputValue()).toBe(photo?.name);
  // Its picture stands where one sees what is in use.
  expect(await browse().locator('img').getAttribute('src')).toBe(photo?.picture);
  const focused = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
  expect(focused).toBe('Browse checkpoints');
  await page.keyboard.press('Enter');
  expect(await line('photo').getAttribute('aria-selected')).toBe('true');
  await page.keyboard.press('Escape');
  await search().waitFor({ state: 'detached' });
});

it('finds what was put there since, and refuses what cannot be used', async () => {
  await browse().click();
  await line('broken').click({ force: true });
  expect(await search().isVisible()).toBe(true);
  put(join(world.server.models, 'VAE/clear.safetensors'), '');
  copyFileSync(tiny, join(world.server.models, 'Stable-diffusion/later.safetensors'));
  await page.getByRole('button', { name: 'Look again' }).click();
  await line('later').click();
  await search().waitFor({ state: 'detached' });
  expect(await page.locator('#field-model').inputValue()).toBe('later.safetensors');
  // VAEs are looked for again, too.
  expect(await page.locator('#field-vae option').allTextContents()).toContain('clear.safetensors');
  await page.getByRole('button', { name: 'Browse VAEs' }).click();
  await page.locator('.choice').filter({ hasText: 'none' }).click();
  expect(await page.locator('#field-vae').inputValue()).toBe('none');
});

it('fits a phone', async () => {
  page = await world.visit({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await page.locator('summary', { hasText: 'Model' }).first().click();
  await browse().click();
  await search().waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide).toBeLessThanOrEqual(390);
  expect(await violations(page)).toEqual([]);
  await line('photo').click();
  expect(await page.locator('#field-model').inputValue()).toContain('photo');
});

it('says in words what Keep total does', async () => {
  const check = page.getByLabel('Keep total');
  const help = page.locator(`#${await check.getAttribute('aria-describedby')}`);
  expect(await help.isVisible()).toBe(true);
  const before = await help.textContent();
  expect(before).toContain('longer or shorter');
  await check.check();
  expect(await help.textContent()).toContain('stays as long');
});
