// A visitor who has never been here: how soon does something move?

import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';

import {
  drawnFrames,
  machineIsIdle,
  setSteps,
  shownState,
  startRun,
  untilState,
  useWorld,
} from './harness';

const world = useWorld();

/** Waits until the large picture has shown three different frames by itself. */
async function untilItMoves(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const seen = ((window as unknown as { seen?: Set<string> }).seen ??= new Set());
    const shown = document.querySelector<HTMLElement>('.frame-canvas')?.dataset.shown;
    if (shown !== undefined) seen.add(shown);
    return seen.size >= 3;
  });
}

it('shows a finished example and two stages that the default model knows', async () => {
  const page = await world.visit();
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.2);
  expect(await page.locator('.badge').textContent()).toBe('example');
  expect(await page.locator('.card').count()).toBe(2);
  await page.waitForSelector('.tokens:has-text("/75")');
  expect(await page.locator('.prompt-marks mark').count()).toBe(0);
  expect(await page.locator('.word').count()).toBeGreaterThan(3);
});

it('takes no style, script or picture that is not a file of the server', async () => {
  const page = await world.visit();
  const colour = await page.evaluate(() => {
    document.body.insertAdjacentHTML('beforeend', '<p id="mark" style="color: rgb(1, 2, 3)">-</p>');
    const script = document.createElement('script');
    script.textContent = 'document.title = "taken over"';
    document.body.append(script);
    const mark = document.getElementById('mark');
    return mark ? getComputedStyle(mark).color : '';
  });
  expect(colour).toMatch(/^rgb/);
  expect(colour).not.toBe('rgb(1, 2, 3)');
  expect(await page.title()).toBe('Prompt Travel');
  // The browser tells of them a little later than it refuses.
  const complaints: string[] = [];
  await expect
    .poll(() => {
      complaints.push(...world.takeComplaints());
      return complaints.filter((each) => each.includes('Content Security Policy')).length;
    })
    .toBe(2);
});

it('moves while it is drawn', async () => {
  const page = await world.visit();
  await setSteps(page, 80);
  await startRun(page);
  await untilItMoves(page);
  expect(await shownState(page)).toBe('drawing');
  expect(await drawnFrames(page)).toBeLessThan(82);
  expect(await page.title()).toMatch(/^\d+\/82 · Prompt Travel$/);
  await page.locator('.progress').getByRole('button', { name: 'Cancel' }).click();
  await untilState(page, 'cancelled');
});

it('draws the first frame, moves, and has a video in time', async () => {
  const page = await world.visit();
  const begin = Date.now();
  const since = () => (Date.now() - begin) / 1000;
  await startRun(page);
  await page.waitForSelector('.strip-frame img');
  const firstFrame = since();
  await untilItMoves(page);
  const motion = since();
  await untilState(page, 'done');
  const video = since();
  console.log(
    `first run: first frame ${firstFrame.toFixed(1)} s, motion ${motion.toFixed(1)} s, video ${video.toFixed(1)} s`,
  );
  if (machineIsIdle) {
    expect(firstFrame).toBeLessThan(3);
    expect(motion).toBeLessThan(5);
    expect(video).toBeLessThan(15);
  }

  // The video is one that the browser can play.
  await page.getByRole('button', { name: 'Video', exact: true }).click();
  await page.waitForFunction(
    () => (document.querySelector<HTMLVideoElement>('video.video')?.currentTime ?? 0) > 0.1,
  );
  // The next step is said once.
  await page.getByRole('button', { name: 'Understood' }).click();
  expect(await page.locator('.hint').count()).toBe(0);
});
