// Add-ons: cards that put them into prompts, sliders for their strengths.

import { join } from 'node:path';

import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, expect, it } from 'vitest';

import type { Addon, JobPage } from '../src/api/types';
import { violations } from './axe';
import { loraOf, pngOf, put } from './files';
import { setSetting, setSteps, startRun, untilState, useWorld } from './harness';

const world = useWorld();
let page: Page;

beforeAll(() => {
  const lora = join(world.server.models, 'Lora');
  put(join(lora, 'winter.safetensors'), loraOf(192, { ss_output_name: 'Winter Style' }));
  put(
    join(lora, 'winter.png'),
    pngOf(64, 64, (x, y) => [4 * x, 4 * y, 200]),
  );
  put(
    join(lora, 'winter.json'),
    JSON.stringify({
      'activation text': 'snow',
      'preferred weight': 0.8,
      description: 'Cold',
      notes: 'ice '.repeat(80),
    }),
  );
  put(join(lora, 'styles/large.safetensors'), loraOf(768));
  put(join(lora, 'broken.safetensors'), 'no tensors');
});

beforeEach(async () => {
  page = await world.visit();
  await page.locator('.addons summary').click();
  await page.locator('.addon').first().waitFor();
});

const card = (name: string) =>
  page.locator('.addon', { has: page.locator('.addon-name', { hasText: name }) });
const prompt = () => page.locator('#stage-prompt').inputValue();
const choose = (stage: number) => page.locator('.card').nth(stage - 1).click();

it('shows cards with pictures and reasons, and finds them', async () => {
  const { addons } = await world.server.get<{ addons: Addon[] }>('/addons');
  expect(addons.map((addon) => addon.name)).toEqual(['broken', 'large', 'winter']);
  const picture = card('winter').locator('img');
  await picture.scrollIntoViewIfNeeded();
  await page.waitForFunction(() => {
    const image = document.querySelector<HTMLImageElement>('.addon img');
    return image !== null && image.naturalWidth === 64;
  });
  expect(await card('winter').locator('.addon-family').textContent()).toBe('texts of width 192');
  expect(await card('large').locator('.addon-reason').textContent()).toBe(
    'is for Stable Diffusion 1.x, not for this checkpoint',
  );
  expect(await card('broken').locator('.addon-reason').textContent()).toContain('broken');
  expect(await card('broken').locator('.picture-blank').textContent()).toBe('br');
  await card('winter').click();
  expect(await violations(page)).toEqual([]);
  await card('winter').click();
  // What is said of it can be read by keys and fingers, too.
  const about = page.locator('summary', { hasText: 'About' }).last();
  await about.press('Enter');
  await page.locator('.addon-details').getByText('Cold').waitFor();
  expect(await page.locator('.addon-details').last().textContent()).toContain('answers to: snow');
  expect(await violations(page)).toEqual([]);
  const search = page.getByLabel('Search add-ons');
  await search.fill('snow');
  expect(await page.locator('.addon-name').allTextContents()).toEqual(['winter']);
  await search.fill('nothing like it');
  await page.getByText('Nothing is found').waitFor();
  await search.fill('');
  await page.getByRole('button', { name: 'Embeddings 0' }).click();
  await page.getByText('There are none in the models folders.').waitFor();

  // What is put into the folder later is found by looking again.
  put(join(world.server.models, 'Lora/later.safetensors'), loraOf(192));
  await page.getByRole('button', { name: /^LoRA/ }).click();
  await page.locator('.addons').getByRole('button', { name: 'Reload' }).click();
  await card('later').waitFor();
});

it('puts a LoRA into a prompt and takes it out, by click and by keyboard', async () => {
  await page.locator('#stage-prompt').fill('girl, red hair');
  await card('winter').click();
  expect(await prompt()).toBe('girl, red hair <lora:winter:0.8> snow');
  expect(await card('winter').getAttribute('aria-pressed')).toBe('true');
  // A tag is no word that the model does not know.
  expect(await page.locator('.prompt-marks mark').count()).toBe(0);
  await card('winter').press('Enter');
  expect(await prompt()).toBe('girl, red hair');

  await card('winter').click({ modifiers: ['Shift'] });
  await choose(2);
  expect(await prompt()).toContain('<lora:winter:0.8> snow');
  await page.getByLabel('A click changes').selectOption('all');
  await card('winter').click();
  expect(await prompt()).not.toContain('lora');
  await choose(1);
  expect(await prompt()).toBe('girl, red hair');
  await page.locator('h1').click();
  await page.keyboard.press('Control+Z');
  expect(await prompt()).toContain('<lora:winter:0.8>');
});

it('slides strengths in the text, stage by stage, and draws with them', async () => {
  const slider = page.getByLabel('winter, slider');
  const number = page.locator('.strength .number');
  await page.locator('#stage-prompt').fill('girl, forest');
  await card('winter').click();
  expect(await slider.inputValue()).toBe('0.8');
  await slider.focus();
  await page.keyboard.press('ArrowRight');
  expect(await prompt()).toBe('girl, forest <lora:winter:0.85> snow');
  await number.fill('-0.3');
  expect(await prompt()).toContain('<lora:winter:-0.3>');
  expect(await slider.inputValue()).toBe('-0.3');
  await page.locator('#stage-prompt').fill('girl, <lora:winter:0.25>');
  expect(await number.inputValue()).toBe('0.25');

  // The other stage has none: 0, until the slider moves.
  await choose(2);
  await page.locator('#stage-prompt').fill('girl, beach');
  expect(await page.locator('.strength-name').textContent()).toContain('not in this stage');
  expect(await slider.inputValue()).toBe('0');
  await number.fill('1.5');
  expect(await prompt()).toBe('girl, beach <lora:winter:1.5>');
  await page.getByRole('button', { name: 'Take winter out of this stage' }).click();
  expect(await prompt()).toBe('girl, beach');
  await slider.focus();
  await page.keyboard.press('ArrowRight');
  expect(await prompt()).toBe('girl, beach <lora:winter:0.05>');
  await number.fill('1');

  await setSteps(page, 1);
  await setSetting(page, 'steps', '2');
  await setSetting(page, 'width', '64');
  await setSetting(page, 'height', '64');
  await setSetting(page, 'seed', '5');
  await startRun(page);
  await untilState(page, 'done');
  const newest = async () => (await world.server.get<JobPage>('/jobs?limit=1')).jobs[0];
  const job = await newest();
  expect(job?.request.prompt).toBe('girl, <lora:winter:0.25>\ngirl, beach <lora:winter:1>');
  expect(job?.notes.join(' ')).not.toMatch(/not found|errors|left out/);
  const frame = async (id: string | undefined) =>
    Buffer.from(
      await (await fetch(`${world.server.url}/api/v1/jobs/${id}/frames/2`)).arrayBuffer(),
    );
  const strong = await frame(job?.id);
  await number.fill('0');
  await startRun(page);
  await untilState(page, 'done');
  const second = await newest();
  expect(second?.id).not.toBe(job?.id);
  expect(await frame(second?.id)).not.toEqual(strong);
});

it('has room for names on a phone, and opens one card alone', async () => {
  await page.context().close();
  page = await world.visit({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await page.locator('.addons summary').click();
  const name = 'add_detail_more_details';
  await page.locator('#stage-prompt').fill(`girl <lora:${name}:1> <lora:winter:1>`);
  await choose(2);
  const word = page.locator('.strength-word', { hasText: name });
  expect(await word.evaluate((each) => each.scrollWidth - each.clientWidth)).toBeLessThanOrEqual(0);
  expect(await page.locator('.strength').first().textContent()).toContain('not in this stage');
  const height = () => card('large').evaluate((each) => each.getBoundingClientRect().height);
  await page.locator('.addon').first().waitFor();
  const before = await height();
  await page.locator('summary', { hasText: 'About' }).last().click();
  await page.locator('.addon-details').getByText('Cold').waitFor();
  expect(await height()).toBe(before);
});
