// The mask editor: drawn by mouse, keys and finger, used by the run.

import type { Page } from 'playwright-core';
import { beforeEach, expect, it } from 'vitest';

import type { JobPage } from '../src/api/types';
import { violations } from './axe';
import { pngOf } from './files';
import { setSetting, setSteps, startRun, untilState, useWorld } from './harness';

const world = useWorld();
let page: Page;

const side = 64;
const init = pngOf(side, side, (x, y) => [2 * x + 40, 2 * y + 40, 90]);

/** Opens a page with an init picture. */
async function withPicture(options = {}, picture = init): Promise<Page> {
  const visitor = await world.visit(options);
  await visitor.locator('summary', { hasText: 'Init picture' }).click();
  const chooser = visitor.locator('.init-picture input[type=file]').first();
  await chooser.setInputFiles({ name: 'init.png', mimeType: 'image/png', buffer: picture });
  await visitor.locator('[data-field=mask]').waitFor();
  return visitor;
}

beforeEach(async () => {
  page = await withPicture();
});

const dialog = () => page.getByRole('dialog', { name: 'Mask' });
const button = (name: string) => dialog().getByRole('button', { name, exact: true });

async function openEditor(name = 'Draw…'): Promise<void> {
  await page.locator('[data-field=mask]').getByRole('button', { name }).click();
  await dialog().locator('canvas').waitFor();
}

/** Draws with the mouse from one place of the picture to another. */
async function drawLine(from: [number, number], to: [number, number]): Promise<void> {
  const box = await dialog().locator('canvas').boundingBox();
  if (!box) throw new Error('the canvas is shown');
  const at = ([x, y]: [number, number]): [number, number] => [
    box.x + (x / side) * box.width,
    box.y + (y / side) * box.height,
  ];
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at(to), { steps: 4 });
  await page.mouse.up();
}

/** Red, green and blue of an address's picture, point by point. */
function pixels(address: string): Promise<number[]> {
  return page.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    const context = canvas.getContext('2d');
    if (!context) throw new Error('no canvas');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return Array.from(data).filter((_, i) => i % 4 !== 3);
  }, address);
}

const uploadAddress = (name: string) => `/api/v1/pictures/${name.replace('upload:', '')}`;

/** What the form's mask is: names of pictures, one for each stage or one for all. */
async function formMasks(): Promise<string[]> {
  const images = page.locator('[data-field=mask] img');
  const sources = await images.evaluateAll((all) => all.map((each) => each.getAttribute('src')));
  return sources.map((source) => (source ?? '').replace('?w=192', ''));
}

const grey = (points: number[], x: number, y: number) => points[3 * (y * side + x)] ?? -1;

it('draws a mask by mouse, and the run keeps what is not marked', async () => {
  await openEditor();
  await page.locator('#mask-size').fill('8');
  await drawLine([16, 20], [48, 20]);
  await button('Use this mask').click();
  await dialog().waitFor({ state: 'detached' });
  await page.locator('[data-field=mask] img').waitFor();
  await setSteps(page, 1);
  await setSetting(page, 'steps', '4');
  await setSetting(page, 'width', String(side));
  await setSetting(page, 'height', String(side));
  await setSetting(page, 'denoise_strength', '1');
  await page.locator('#field-mask_blur').fill('0');
  await startRun(page);
  await untilState(page, 'done');
  const job = (await world.server.get<JobPage>('/jobs?limit=1')).jobs[0];
  const mask = await pixels(uploadAddress(String(job?.request.mask)));
  expect(mask.length).toBe(3 * side * side);
  expect(grey(mask, 32, 20)).toBe(255);
  expect(grey(mask, 16, 20)).toBe(255);
  expect(grey(mask, 32, 40)).toBe(0);
  expect(grey(mask, 4, 20)).toBe(0);
  const start = await pixels(uploadAddress(String(job?.request.init_image)));
  for (const index of [0, 1, 2]) {
    const frame = await pixels(`/api/v1/jobs/${job?.id}/frames/${index}`);
    const change = (x: number, y: number) =>
      [0, 1, 2].reduce(
        (sum, c) =>
          sum + Math.abs((frame[3 * (y * side + x) + c] ?? 0) - (start[3 * (y * side + x) + c] ?? 0)),
        0,
      );
    expect(change(32, 50), `frame ${index}, below the mask`).toBe(0);
    expect(change(60, 60), `frame ${index}, in the corner`).toBe(0);
    const inside = [20, 26, 32, 38, 44].reduce((sum, x) => sum + change(x, 20), 0);
    expect(inside, `frame ${index}, under the mask`).toBeGreaterThan(60);
  }
});

it('undoes and redoes, erases, inverts, fills, clears; by keys too', async () => {
  await openEditor();
  const marked = () =>
    dialog()
      .locator('canvas')
      .evaluate((canvas: HTMLCanvasElement) => {
        const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
          0,
          0,
          canvas.width,
          canvas.height,
        );
        return data.filter((value, i) => i % 4 === 3 && value > 100).length;
      });
  await page.locator('#mask-size').fill('6');
  expect(await button('Undo').isDisabled()).toBe(true);
  await drawLine([10, 10], [40, 10]);
  const once = await marked();
  expect(once).toBeGreaterThan(300);
  await drawLine([10, 40], [40, 40]);
  const twice = await marked();
  expect(twice).toBeGreaterThan(1.8 * once);
  await button('Undo').click();
  expect(await marked()).toBe(once);
  await page.keyboard.press('Control+Shift+Z');
  expect(await marked()).toBe(twice);
  await page.keyboard.press('Control+Z');
  await page.keyboard.press('e');
  expect(await button('Erase').getAttribute('aria-pressed')).toBe('true');
  await drawLine([10, 10], [25, 10]);
  const erased = await marked();
  expect(erased).toBeLessThan(0.7 * once);
  expect(erased).toBeGreaterThan(100);
  await page.keyboard.press('i');
  expect(Math.abs((await marked()) - (side * side - erased))).toBeLessThan(120);
  await button('Clear').click();
  expect(await marked()).toBe(0);
  await button('Fill').click();
  expect(await marked()).toBe(side * side);
  await page.keyboard.press('Delete');
  expect(await marked()).toBe(0);
  // A soft edge marks less than the half of its circle strongly.
  await page.keyboard.press('b');
  await page.locator('#mask-softness').fill('100');
  await page.locator('#mask-size').fill('20');
  await drawLine([32, 32], [32, 32]);
  expect(await marked()).toBeLessThan(900);
  expect(await marked()).toBeGreaterThan(100);
  // Without a mouse: move with arrows, touch with Space.
  await button('Clear').click();
  await page.locator('#mask-softness').fill('0');
  await page.locator('#mask-size').fill('4');
  await dialog().locator('canvas').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press(' ');
  expect(await violations(page)).toEqual([]);
  const dot = await marked();
  expect(dot).toBeGreaterThan(30);
  await page.keyboard.press('Shift+ArrowDown');
  expect(await marked()).toBeGreaterThan(dot);
  await page.keyboard.press(']');
  expect(await page.locator('#mask-size').inputValue()).toBe('5');
  // What was drawn is not thrown away by Escape alone, however often it is pressed.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await dialog().getByText('is not in the form yet').waitFor();
  await button('Throw it away').click();
  await dialog().waitFor({ state: 'detached' });
  expect(await formMasks()).toEqual([]);
});

it('scrolls to the brush that keys move', async () => {
  await openEditor();
  for (let i = 0; i < 8; i++) await button('Larger view').click();
  await dialog().locator('canvas').focus();
  const view = page.locator('.mask-view');
  const boxOf = async (selector: string) => {
    const box = await page.locator(selector).boundingBox();
    if (!box) throw new Error(`${selector} is shown`);
    return { top: box.y, bottom: box.y + box.height };
  };
  expect(await view.evaluate((each) => each.scrollHeight - each.clientHeight)).toBeGreaterThan(50);
  for (const [key, end] of [
    ['ArrowDown', 'bottom'],
    ['ArrowUp', 'top'],
  ] as const) {
    for (let i = 0; i < 40; i++) await page.keyboard.press(key);
    const seen = await boxOf('.mask-view');
    const ring = await boxOf('.mask-ring');
    const middle = (ring.top + ring.bottom) / 2;
    expect(middle).toBeGreaterThanOrEqual(seen.top);
    expect(middle).toBeLessThanOrEqual(seen.bottom);
    expect(Math.abs(middle - seen[end])).toBeLessThan(20);
  }
});

it('begins anew where the mask is gone from the server', async () => {
  await openEditor();
  await button('Fill').click();
  await button('Use this mask').click();
  await dialog().waitFor({ state: 'detached' });
  const [all] = await formMasks();
  await page.route(`**${all}`, (route) => route.abort());
  await openEditor('Edit…');
  await dialog().getByText('begins empty').waitFor();
  expect(await button('Use this mask').isEnabled()).toBe(true);
});

it('opens a mask again, and keeps one for a stage', async () => {
  await openEditor();
  await button('Fill').click();
  await button('Use this mask').click();
  await dialog().waitFor({ state: 'detached' });
  const [all] = await formMasks();
  await openEditor('Edit…');
  await dialog().locator('select').selectOption('stage 2');
  await page.keyboard.press('Escape');
  await dialog().waitFor({ state: 'detached' });
  await openEditor('Edit…');
  await dialog().locator('select').selectOption('stage 2');
  await page.locator('#mask-size').fill('10');
  await button('Erase').click();
  await drawLine([32, 32], [32, 32]);
  await button('Use this mask').click();
  await dialog().waitFor({ state: 'detached' });
  const masks = await formMasks();
  expect(masks.length).toBe(2);
  expect(masks[0]).toBe(all);
  const second = await pixels(masks[1] ?? '');
  expect([grey(second, 32, 32), grey(second, 5, 5)]).toEqual([0, 255]);
  expect(grey(await pixels(masks[0] ?? ''), 32, 32)).toBe(255);
});

it('draws with a finger on a phone, and a second finger moves the view', async () => {
  await page.context().close();
  page = await withPicture({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, colorScheme: 'dark' });
  await openEditor();
  const canvas = dialog().locator('canvas');
  const box = await canvas.boundingBox();
  if (!box) throw new Error('the canvas is shown');
  const session = await page.context().newCDPSession(page);
  const fingers = async (type: string, points: [number, number][]) =>
    session.send('Input.dispatchTouchEvent', {
      type: type as 'touchStart',
      touchPoints: points.map(([x, y], id) => ({ x: box.x + x, y: box.y + y, id })),
    });
  const marked = () =>
    canvas.evaluate((element: HTMLCanvasElement) => {
      const context = element.getContext('2d') as CanvasRenderingContext2D;
      const { data } = context.getImageData(0, 0, element.width, element.height);
      return data.filter((value, i) => i % 4 === 3 && value > 100).length;
    });
  await fingers('touchStart', [[80, 80]]);
  await fingers('touchMove', [[160, 80]]);
  await fingers('touchEnd', []);
  const drawn = await marked();
  expect(drawn).toBeGreaterThan(20);
  await fingers('touchStart', [[80, 160]]);
  await fingers('touchStart', [
    [80, 160],
    [160, 160],
  ]);
  await fingers('touchMove', [
    [40, 160],
    [220, 160],
  ]);
  await fingers('touchEnd', []);
  expect(await marked()).toBe(drawn);
  const larger = await canvas.boundingBox();
  expect(larger?.width).toBeGreaterThan(1.5 * box.width);
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
  expect(wide).toBe(false);
  expect(await violations(page)).toEqual([]);
});

it('shows the whole of a tall picture on a phone, and its question in sight', async () => {
  await page.context().close();
  const tall = pngOf(side, 2 * side, (x, y) => [2 * x, y, 90]);
  page = await withPicture({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }, tall);
  await openEditor();
  const view = page.locator('.mask-view');
  const hidden = () => view.evaluate((each) => each.scrollHeight - each.clientHeight);
  expect(await hidden()).toBeLessThanOrEqual(1);
  expect(await view.evaluate((each) => each.clientHeight)).toBeGreaterThanOrEqual(200);
  await page.setViewportSize({ width: 390, height: 480 });
  await button('Fill').click();
  await button('Close').click();
  const ask = await button('Throw it away').boundingBox();
  const window = await dialog().boundingBox();
  if (!ask || !window) throw new Error('it asks');
  expect(ask.y + ask.height).toBeLessThanOrEqual(window.y + window.height);
  expect(await violations(page)).toEqual([]);
});
