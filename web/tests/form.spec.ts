// The form: cards, text, pictures that are dropped, values that are wrong.

import type { Page } from 'playwright-core';
import { beforeEach, expect, it } from 'vitest';

import type { Bootstrap, JobPage } from '../src/api/types';
import { absentFields } from '../src/model/fields';
import { dropFiles, setSetting, setSteps, startRun, untilState, useWorld } from './harness';

const world = useWorld();
let page: Page;

beforeEach(async () => {
  page = await world.visit();
});

/** A PNG of one red point, with nothing in it. */
const plainPng = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC',
  'base64',
);

const prompts = () => page.locator('.card-words').allTextContents();

it('has a control for every field of the server’s table', async () => {
  const { fields, modes } = await world.server.get<Bootstrap>('/bootstrap');
  for (const section of await page.locator('details.section summary').all()) await section.click();
  const seen = new Set<string>(['prompt', 'negative_prompt', 'travel_steps']);
  const look = async () => {
    const names = await page.$$eval('[data-field]', (all) =>
      all.map((each) => (each as HTMLElement).dataset.field ?? ''),
    );
    for (const name of names) seen.add(name);
    return names;
  };
  for (const mode of modes) {
    await page.locator('#field-mode').selectOption(mode.name);
    const shown = await look();
    const others = modes.filter((each) => each.name !== mode.name).flatMap((each) => each.options);
    for (const option of others.filter((each) => !mode.options.includes(each))) {
      expect(shown, `${option} in mode ${mode.name}`).not.toContain(option);
    }
  }
  await page.locator('#field-attention_interpolation').selectOption('outer');
  // The switch for smooth motion sets the pace, and what goes with it.
  await page.locator('#smooth').check();
  expect(await page.locator('#field-pace').inputValue()).toBe('even');
  expect(await page.locator('#field-bridge').inputValue()).toBe('latents');
  await page.locator('#field-genesis').selectOption('embryo');
  await look();
  expect(await page.locator('select:not(.select)').count()).toBe(0);
  await page.locator('#field-genesis').selectOption('successive');
  await page.locator('#field-subseed_strength').fill('0.5');
  await look();
  await page.locator('#field-hires').check();
  await page.locator('#field-hires_upscaler').waitFor();
  await look();
  await page.locator('#field-hires').uncheck();
  // What belongs to an init picture, and to a mask on it.
  const point = { name: 'plain.png', mimeType: 'image/png', buffer: plainPng };
  const choosers = page.locator('.init-picture input[type=file]');
  await choosers.first().setInputFiles(point);
  await page.locator('[data-field=mask]').waitFor();
  await look();
  await choosers.nth(1).setInputFiles(point);
  await page.locator('#field-inpaint_area').selectOption('masked');
  await page.locator('#field-inpaint_padding').waitFor();
  await look();
  const missing = fields
    .map((field) => field.name)
    .filter((name) => !seen.has(name) && !absentFields.includes(name));
  expect(missing).toEqual([]);
});

it('shows a problem at its field in the server’s words, and does not run', async () => {
  await setSetting(page, 'steps', '0');
  const control = page.locator('#field-steps');
  await page.locator('#field-steps-problem').waitFor();
  const words = await page.locator('#field-steps-problem').textContent();
  expect(words).toContain('expected a whole number from 1 to 1000');
  expect(await control.getAttribute('aria-errormessage')).toBe('field-steps-problem');
  expect(await control.getAttribute('aria-invalid')).toBe('true');
  await page.keyboard.press('Control+Enter');
  await page.locator('.toast-wrong', { hasText: 'Not run' }).waitFor();
  await page.waitForFunction(() => document.activeElement?.id === 'field-steps');
  expect((await world.server.get<JobPage>('/jobs')).jobs).toEqual([]);
  await control.fill('12');
  await page.locator('#field-steps-problem').waitFor({ state: 'hidden' });

  await page.locator('#stage-prompt').fill('');
  await page.locator('.run-note', { hasText: 'Stage 1 is empty' }).waitFor();
  await page.keyboard.press('Control+Z');
});

it('keeps the form as a preset, brings it back and undoes a deletion, by keyboard', async () => {
  const field = page.locator('#stage-prompt');
  const dialog = page.getByRole('dialog', { name: 'Presets' });
  const openPresets = async () => {
    await page.getByRole('button', { name: 'Presets…' }).focus();
    await page.keyboard.press('Enter');
    await dialog.waitFor();
  };
  const keepAs = async (name: string) => {
    await dialog.getByLabel('Name for the form as it is').fill(name);
    await page.keyboard.press('Enter');
  };
  const preset = dialog.getByRole('button', { name: 'Snow & cat', exact: true });
  await field.fill('cat, snow');
  await setSetting(page, 'steps', '7');
  await openPresets();
  await dialog.getByText('No preset is kept').waitFor();
  await keepAs('a/b');
  await dialog.locator('.field-problem', { hasText: 'no /' }).waitFor();
  await keepAs('.hidden');
  await dialog.locator('.field-problem', { hasText: 'not beginning with a dot' }).waitFor();
  await keepAs('Snow & cat');
  await preset.waitFor();
  expect(await dialog.locator('.field-problem').count()).toBe(0);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });

  await field.fill('robot, city');
  await setSetting(page, 'steps', '20');
  await page.reload();
  await page.waitForSelector('.run-bar');
  await openPresets();
  await preset.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  expect(await field.inputValue()).toBe('cat, snow');
  expect(await page.locator('#field-steps').inputValue()).toBe('7');
  await page.locator('.toast', { hasText: 'Snow & cat' }).getByText('Undo').click();
  expect(await field.inputValue()).toBe('robot, city');

  await openPresets();
  await dialog.getByRole('button', { name: 'Delete Snow & cat' }).press('Enter');
  await preset.waitFor({ state: 'detached' });
  expect((await world.server.get<{ presets: unknown[] }>('/presets')).presets).toEqual([]);
  await dialog.getByRole('button', { name: 'Undo' }).press('Enter');
  await preset.waitFor();
  type Answer = { presets: { name: string; request: Record<string, unknown> }[] };
  const kept = async () => (await world.server.get<Answer>('/presets')).presets[0];
  expect((await kept())?.name).toBe('Snow & cat');

  // Of a preset that is replaced, the old one can be had back, too.
  await keepAs('Snow & cat');
  await dialog.getByText('“Snow & cat” is replaced.').waitFor();
  expect((await kept())?.request.steps).toBe(20);
  await dialog.getByRole('button', { name: 'Undo' }).press('Enter');
  await dialog.getByText('is replaced').waitFor({ state: 'detached' });
  expect((await kept())?.request.steps).toBe(7);
});

it('drags cards, keeps the total where asked, and undoes', async () => {
  await setSteps(page, 10);
  const card = page.locator('.card').nth(1);
  const drag = async (pixels: number) => {
    const box = await card.boundingBox();
    if (!box) throw new Error('no card');
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + pixels / 2, y);
    await page.mouse.move(x + pixels, y);
    await page.mouse.up();
  };
  const steps = async () =>
    Number(await page.getByLabel('Steps between stages 1 and 2', { exact: true }).inputValue());
  await drag(1);
  expect(await steps()).toBe(10);
  await drag(60);
  const moved = await steps();
  expect(moved).toBeGreaterThan(10);
  await page.locator('h1').click();
  await page.keyboard.press('Control+z');
  expect(await steps()).toBe(10);
  await page.keyboard.press('Control+Shift+z');
  expect(await steps()).toBe(moved);
});

it('is the same document as cards and as text', async () => {
  await page.locator('h1').click();
  await page.keyboard.press('t');
  await page.locator('#text-prompt').fill('girl, forest\ncat, beach\nrobot, city');
  await page.locator('#text-travel_steps').fill('3,5,7');
  await page.locator('#text-travel_steps-problem').waitFor();
  await page.locator('#text-travel_steps').fill('3,5');
  await page.locator('#text-travel_steps-problem').waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Text', exact: true }).click();
  expect(await prompts()).toEqual(['girl, forest', 'cat, beach', 'robot, city']);
  expect(await page.getByLabel('Steps between stages 2 and 3', { exact: true }).inputValue()).toBe(
    '5',
  );
  await page.locator('.counts', { hasText: '11 frames' }).waitFor();
});

it('makes stages of pasted lines when one wants that', async () => {
  await page.locator('#stage-prompt').focus();
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData('text/plain', 'girl\ncat\nrobot');
    document.activeElement?.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
    );
  });
  await page.getByRole('button', { name: '3 stages' }).click();
  expect(await prompts()).toEqual(['girl', 'cat', 'robot', expect.stringContaining('beach')]);
});

it('marks words that the default model does not know, and offers some that it does', async () => {
  await page.locator('#stage-prompt').fill('girl, zebra');
  expect(await page.locator('.prompt-marks mark').allTextContents()).toEqual(['zebra']);
  await page.locator('#stage-prompt').fill('girl, ');
  await page.locator('.word').first().click();
  expect(await page.locator('#stage-prompt').inputValue()).toMatch(/^girl, \w+/);
});

it('changes weights and moves parts by keys', async () => {
  const prompt = page.locator('#stage-prompt');
  await prompt.fill('girl, smile');
  await prompt.press('End');
  await prompt.press('Control+ArrowUp');
  expect(await prompt.inputValue()).toBe('girl, (smile:1.1)');
  await prompt.press('Alt+ArrowLeft');
  expect(await prompt.inputValue()).toBe('(smile:1.1), girl');
});

it('takes dropped pictures: two, one on a card, one without parameters, none', async () => {
  await setSteps(page, 1);
  await setSetting(page, 'steps', '2');
  await startRun(page);
  await untilState(page, 'done');
  const job = (await world.server.get<JobPage>('/jobs?limit=1')).jobs[0];
  const png = async (index: number) => ({
    name: `${index}.png`,
    type: 'image/png',
    bytes: Buffer.from(
      await (
        await fetch(`${world.server.url}/api/v1/jobs/${job?.id}/frames/${index}`)
      ).arrayBuffer(),
    ),
  });
  const [first, last] = [await png(0), await png(2)];
  await page.locator('#stage-prompt').fill('something else');
  await dropFiles(page, 'h1', [first, last]);
  await page.locator('.toast', { hasText: 'travel between the two pictures' }).waitFor();
  expect(await prompts()).toEqual(['girl, red hair, forest', 'girl, blue hair, beach']);
  expect(await page.locator('#field-steps').inputValue()).toBe('2');

  await dropFiles(page, '.stage:nth-of-type(1) .card', [last]);
  await page.locator('.toast', { hasText: 'replaces the stage' }).waitFor();
  expect(await prompts()).toEqual(['girl, blue hair, beach', 'girl, blue hair, beach']);
  await page
    .locator('.toast', { hasText: 'replaces' })
    .getByRole('button', { name: 'Undo' })
    .click();

  await dropFiles(page, '.gap', [last]);
  await page.locator('.toast', { hasText: 'new stage' }).waitFor();
  expect(await page.locator('.card').count()).toBe(3);

  await dropFiles(page, 'h1', [{ name: 'plain.png', type: 'image/png', bytes: plainPng }]);
  await page.locator('.toast', { hasText: 'init picture' }).waitFor();
  await page.locator('.init-picture img').waitFor();
  await page.locator('#field-resize_mode').waitFor();

  await dropFiles(page, 'h1', [
    { name: 'no.png', type: 'image/png', bytes: Buffer.from('not a picture') },
  ]);
  await page.locator('.toast-wrong', { hasText: 'no.png' }).waitFor();
});
