// A visitor who has never been here: how soon does something move?

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { drawnFrames, openBrowser, Server, shownState, untilState, visit } from './harness';

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await Server.start();
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** The times to keep on two idle cores; a busy machine may take this many times as long. */
const patience = Number(process.env.PAGE_PATIENCE ?? 4);

it('shows a finished example and two stages that the default model knows', async () => {
  const { page, complaints } = await visit(browser, server);
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.2);
  expect(await page.locator('.badge').textContent()).toBe('example');
  expect(await page.locator('.card').count()).toBe(2);
  await page.waitForSelector('.tokens:has-text("/75")');
  expect(await page.locator('.prompt-marks mark').count()).toBe(0);
  expect(await page.locator('.word').count()).toBeGreaterThan(3);
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('draws the first frame, moves, and has a video in time', async () => {
  const { page, complaints } = await visit(browser, server);
  const begin = Date.now();
  const since = () => (Date.now() - begin) / 1000;
  await page.keyboard.press('Control+Enter');

  await page.waitForSelector('.strip-frame img');
  const firstFrame = since();
  expect(await shownState(page)).toBe('drawing');
  // Moving: the large picture has shown three different frames by itself.
  await page.waitForFunction(() => {
    const seen = ((window as unknown as { seen?: Set<string> }).seen ??= new Set());
    const shown = document.querySelector<HTMLElement>('.frame-canvas')?.dataset.shown;
    if (shown !== undefined) seen.add(shown);
    return seen.size >= 3;
  });
  const motion = since();
  expect(await shownState(page)).toBe('drawing');
  expect(await drawnFrames(page)).toBeLessThan(20);
  expect(await page.title()).toMatch(/^\d+\/26 · Prompt Travel$/);
  await untilState(page, 'done');
  const video = since();
  console.log(
    `first run: first frame ${firstFrame.toFixed(1)} s, motion ${motion.toFixed(1)} s, video ${video.toFixed(1)} s`,
  );
  expect(firstFrame).toBeLessThan(3 * patience);
  expect(motion).toBeLessThan(5 * patience);
  expect(video).toBeLessThan(15 * patience);

  // The video is one that the browser can play.
  await page.getByRole('button', { name: 'Video', exact: true }).click();
  await page.waitForFunction(
    () => (document.querySelector<HTMLVideoElement>('video.video')?.currentTime ?? 0) > 0.1,
  );
  // The next step is said once.
  await page.getByRole('button', { name: 'Understood' }).click();
  expect(await page.locator('.hint').count()).toBe(0);
  expect(complaints).toEqual([]);
  await page.context().close();
});
