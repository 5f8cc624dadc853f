// Runs: drawn, watched, cancelled, continued, queued, interrupted, found again.

import type { Page } from 'playwright-core';
import { beforeEach, expect, it } from 'vitest';

import type { Job, JobPage, Motion, MotionDistance } from '../src/api/types';
import {
  open,
  setSetting,
  setSteps,
  startRun,
  shownState,
  untilFrames,
  untilState,
  useWorld,
} from './harness';

const world = useWorld();
let page: Page;

beforeEach(async () => {
  page = await world.visit();
});

/** A run of two stages that is quick, or slow enough to be met in the middle. */
async function run(steps: number, sampling = 4): Promise<void> {
  await setSteps(page, steps);
  await setSetting(page, 'steps', String(sampling));
  await startRun(page);
}

it('plays, steps, scrubs and compares what was drawn', async () => {
  await run(6);
  await untilState(page, 'done');
  const shown = () => page.locator('.frame-canvas').getAttribute('data-shown');
  await page.keyboard.press('Escape');
  await page.locator('h1').click();
  if (await page.getByRole('button', { name: 'Pause' }).count()) await page.keyboard.press(' ');
  await page.getByRole('button', { name: 'Play' }).waitFor();
  await page.keyboard.press('Home');
  await page.waitForSelector('.frame-canvas[data-shown="0"]');
  await page.keyboard.press('.');
  await page.waitForSelector('.frame-canvas[data-shown="1"]');
  await page.keyboard.press(']');
  await page.waitForSelector('.frame-canvas[data-shown="7"]');
  await page.keyboard.press(',');
  await page.waitForSelector('.frame-canvas[data-shown="6"]');
  await page.getByLabel('Frame', { exact: true }).fill('3');
  await page.waitForSelector('.frame-canvas[data-shown="3"]');
  await page.locator('.strip-frame').nth(5).click();
  await page.waitForSelector('.frame-canvas[data-shown="5"]');
  await page.keyboard.press(' ');
  const before = await shown();
  await page.waitForFunction(
    (was) => document.querySelector<HTMLElement>('.frame-canvas')?.dataset.shown !== was,
    before,
  );

  await page.keyboard.press('c');
  for (const mode of ['slider', 'side by side', 'flicker', 'difference']) {
    await page.locator('.segmented [aria-pressed="true"]', { hasText: mode }).waitFor();
    expect(await page.locator('.compare .stagebox img').count()).toBe(2);
    await page.keyboard.press('m');
  }
  await page.keyboard.press('Escape');
  await page.locator('.compare').waitFor({ state: 'detached' });

  await page.getByRole('button', { name: 'Compare the largest step' }).click();
  await page.locator('.compare').waitFor();
});

it('shows what motion.json says of a finished run, and leads to its jumps', async () => {
  // The last stage comes at once, without frames on the way.
  await page.getByRole('button', { name: 'Add a stage' }).click();
  await page.locator('#stage-prompt').fill('robot, night, city');
  await page.getByLabel('Steps between stages 2 and 3', { exact: true }).fill('0');
  await run(12, 4);
  await untilState(page, 'done');
  const id = await page.locator('.result').getAttribute('data-run');
  const read = async () =>
    (await fetch(`${world.server.url}/api/v1/jobs/${id}/files/motion.json`)).json();
  const { distances } = (await read()) as Motion;
  const charts = page.locator('.chart');
  for (const [title, name] of [
    ['Structure', 'ssim'],
    ['Colour', 'lab'],
  ] as const) {
    const { steps, max_over_median: times } = distances[name] as MotionDistance;
    const at = steps.indexOf(Math.max(...steps.map(Number)));
    const line = `largest step ${times?.toFixed(1)} × the median, between frames ${at} and ${at + 1}`;
    await charts.filter({ hasText: title }).filter({ hasText: line }).locator('canvas').waitFor();
  }
  const jumps = Object.entries(distances)
    .filter(([name]) => name === 'ssim' || name === 'lab')
    .flatMap(([, distance]) => distance.jumps.map(({ to }) => to.frame));
  expect(jumps).toContain(14);
  const buttons = page.getByRole('group', { name: 'Jumps' }).getByRole('button');
  expect(await buttons.count()).toBe(Math.min(6, new Set(jumps).size));
  await buttons.last().click();
  await page.waitForSelector('.frame-canvas[data-shown="14"]');

  // A click in a chart leads to the frame there.
  const over = charts.first().locator('.u-over');
  const box = await over.boundingBox();
  if (!box) throw new Error('no chart');
  await over.click({ position: { x: 1, y: box.height / 2 } });
  await page.waitForSelector('.frame-canvas[data-shown="1"]');

  // What jumps can be evened out: the run's settings again, with another pace; Run is next.
  await page.getByRole('button', { name: 'Even it out…' }).click();
  await page.locator('.section-summary', { hasText: 'pace even' }).waitFor();
  expect(await page.evaluate(() => document.activeElement?.className)).toContain('button-run');
  await page.locator('.toast', { hasText: 'smooth motion' }).getByText('Undo').click();
  await page.locator('.section-summary', { hasText: 'pace even' }).waitFor({ state: 'detached' });
});

it('cancels with one click, keeps the frames and goes on', async () => {
  await run(40, 8);
  await untilFrames(page, 2);
  await page.locator('.progress').getByRole('button', { name: 'Cancel' }).click();
  await untilState(page, 'cancelled');
  const kept = (await world.server.get<JobPage>('/jobs?limit=1')).jobs[0] as Job;
  expect(kept.frames_done).toBeGreaterThanOrEqual(2);
  expect(kept.frames_done).toBeLessThan(42);
  await page.locator('.toast').getByRole('button', { name: 'Continue' }).click();
  await untilState(page, 'done');
  const after = await world.server.get<Job>(`/jobs/${kept.id}`);
  expect(after.frames_done).toBe(42);
  // Only what can be seen of a strip is in the document.
  expect(await page.locator('.strip-frame').count()).toBeLessThan(24);
});

it('finds the running job and the form again after a reload', async () => {
  await page.locator('#stage-prompt').fill('cat, sky');
  await run(40, 8);
  await untilFrames(page, 2);
  await page.reload();
  await page.waitForSelector('.run-bar');
  expect(await page.locator('#stage-prompt').inputValue()).toBe('cat, sky');
  expect(await page.locator('#field-steps').inputValue()).toBe('8');
  await untilState(page, 'drawing');
  await untilFrames(page, 2);
  await page.locator('.progress').getByRole('button', { name: 'Cancel' }).click();
  await untilState(page, 'cancelled');
});

it('survives that the server is killed and started again', async () => {
  await run(30, 8);
  await untilFrames(page, 2);
  const id = (await world.server.get<JobPage>('/jobs?limit=1')).jobs[0]?.id ?? '';
  await world.server.kill();
  await page.locator('.bar', { hasText: 'Connection lost' }).waitFor();
  // The form stays usable.
  await page.locator('#stage-prompt').fill('robot, city');
  await world.server.run();
  await page.locator('.bar').waitFor({ state: 'detached' });
  await untilState(page, 'done');
  const job = await world.server.get<Job>(`/jobs/${id}`);
  expect(job.frames_done).toBe(32);
  expect(await page.locator('#stage-prompt').inputValue()).toBe('robot, city');
});

it('sends a run again when the server did not answer, and makes one job', async () => {
  await setSteps(page, 2);
  await setSetting(page, 'steps', '2');
  const shown = await page.locator('.result').getAttribute('data-run');
  const before = (await world.server.get<JobPage>('/jobs?limit=1')).jobs[0]?.number ?? 0;
  let dropped = 0;
  await page.route('**/api/v1/jobs', async (route) => {
    if (route.request().method() !== 'POST' || dropped > 0) return route.continue();
    dropped += 1;
    // The server gets it, the page never hears of it.
    await route.fetch();
    return route.abort('connectionreset');
  });
  await startRun(page);
  expect(await page.locator('.result').getAttribute('data-run')).not.toBe(shown);
  await untilState(page, 'done');
  expect(dropped).toBe(1);
  await page.waitForFunction(() => !document.body.textContent?.includes('Waiting for the server'));
  expect((await world.server.get<JobPage>('/jobs?limit=1')).jobs[0]?.number).toBe(before + 1);
});

it('queues, puts to the front, deletes and takes back', async () => {
  await run(60, 10);
  await untilState(page, 'drawing');
  await setSteps(page, 2);
  await setSetting(page, 'steps', '2');
  await page.keyboard.press('Control+Enter');
  await page.locator('.runs-title', { hasText: 'Queued' }).waitFor();
  await setSetting(page, 'steps', '3');
  await page.keyboard.press('Control+Shift+Enter');
  await page.waitForFunction(() => document.querySelectorAll('.run').length >= 3);
  await page.locator('.run-changes', { hasText: /2 → 3/ }).first().waitFor();
  const queue = (await world.server.get<{ queue: { waiting: string[] } }>('/bootstrap')).queue;
  const first = await world.server.get<Job>(`/jobs/${queue.waiting[0]}`);
  expect(first.request.steps).toBe(3);
  await page.locator('.progress').getByRole('button', { name: 'Cancel' }).click();
  await page.waitForFunction(
    () => !document.querySelector('.queue-count')?.textContent?.match(/draw|queue/),
  );

  const line = page.locator(`.run[data-run="${first.id}"]`);
  await line.locator('[aria-haspopup]').click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await line.waitFor({ state: 'detached' });
  await page.locator('.toast', { hasText: 'trash' }).getByRole('button', { name: 'Undo' }).click();
  await line.waitFor();

  await page.keyboard.press('Escape');
  await page.locator('#search-runs').fill('no such words');
  await page.getByText('No run has these words.').waitFor();
  await page.locator('#search-runs').fill('');
  await line.waitFor();
});

it('lists what is in the trash and restores it', async () => {
  await run(1, 2);
  await untilState(page, 'done');
  const id = (await page.locator('.result').getAttribute('data-run')) ?? '';
  const line = page.locator(`.run[data-run="${id}"]`);
  expect(await page.locator('.runs-deleted').count()).toBe(0);
  await line.locator('[aria-haspopup]').click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await line.waitFor({ state: 'detached' });
  await page.reload();
  const deleted = page.locator('.runs-deleted');
  await deleted.locator('summary', { hasText: 'Deleted (1)' }).focus();
  expect(await line.count()).toBe(0);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  const { number } = await world.server.get<Job>(`/jobs/${id}`);
  const label = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
  expect(await label()).toBe(`Restore run ${number}`);
  await page.keyboard.press('Enter');
  await line.waitFor();
  await deleted.waitFor({ state: 'detached' });
  await page.locator('.toast', { hasText: `Run ${number} is back.` }).waitFor();
  expect((await world.server.get<Job>(`/jobs/${id}`)).trashed).toBe(false);
});

it('two tabs follow the same run, each with its own form', async () => {
  const other = await page.context().newPage();
  await open(other, world.server);
  await other.locator('#stage-prompt').fill('cat, snow');
  await page.locator('#stage-prompt').fill('girl, halo');
  await run(20, 8);
  await untilState(other, 'drawing');
  await untilFrames(other, 2);
  await untilState(page, 'done');
  await untilState(other, 'done');
  await page.reload();
  await page.waitForSelector('.run-bar');
  expect(await page.locator('#stage-prompt').inputValue()).toBe('girl, halo');
  expect(await other.locator('#stage-prompt').inputValue()).toBe('cat, snow');

  // The reload made the other tab read for both; now this one has to take over.
  await other.close();
  await run(1, 2);
  await untilState(page, 'done');
});

it('makes another video of the same frames', async () => {
  await run(2, 2);
  await untilState(page, 'done');
  await page.locator('.actions').getByRole('button', { name: 'Another video…' }).click();
  await page.locator('#video-fps').fill('0');
  await page.getByRole('button', { name: 'Make the video' }).click();
  await page.locator('#video-fps-problem').waitFor();
  await page.locator('#video-fps').fill('24');
  await page.locator('#video-ping_pong').check();
  await page.getByRole('button', { name: 'Make the video' }).click();
  await page.locator('.toast', { hasText: 'was made' }).waitFor();
  expect(await shownState(page)).toBe('done');
  const download = page.waitForEvent('download');
  await page.locator('.actions').getByRole('button', { name: 'Download' }).click();
  await page.getByRole('menuitem', { name: 'Frames (zip)' }).click();
  expect((await download).suggestedFilename()).toMatch(/\.zip$/);
});

it('shows the losses of a walk by gradients', async () => {
  await page.locator('summary', { hasText: 'Travel' }).click();
  await page.locator('#field-mode').selectOption('grad');
  await page.locator('.gap-note', { hasText: '× 1 step' }).waitFor();
  await run(3, 2);
  await untilState(page, 'done');
  await page.locator('.chart', { hasText: 'Latent loss of grad' }).locator('canvas').waitFor();
  await page
    .locator('.chart', { hasText: 'Distance to the next stage' })
    .locator('canvas')
    .waitFor();
  expect(await page.locator('.chart canvas').count()).toBe(4);
});

it('knows after a reload which frames are there, also where stages are drawn ahead', async () => {
  await page.locator('summary', { hasText: 'Travel' }).click();
  await page.locator('#field-mode').selectOption('grad');
  await run(18, 10);
  await untilFrames(page, 4);
  await page.locator('.progress').getByRole('button', { name: 'Cancel' }).click();
  await untilState(page, 'cancelled');
  await page.reload();
  await untilState(page, 'cancelled');
  // The second stage was drawn before the frames on the way to it.
  await page.locator('.strip').press('End');
  await page.waitForSelector('.strip-frame.strip-stage.strip-shown img');
  await page.waitForSelector('.frame-canvas[data-shown="19"]');
  const broken = await page.$$eval(
    '.strip-frame img',
    (all) =>
      all.filter(
        (each) => (each as HTMLImageElement).complete && !(each as HTMLImageElement).naturalWidth,
      ).length,
  );
  expect(broken).toBe(0);
});

it('keeps every digit of large seeds from one run to the next', async () => {
  const seed = '18446744073709551615';
  const other = '9007199254740993';
  // As text: Node's JSON would lose the digits, too.
  const drawnSeeds = async () => {
    const id = await page.locator('.result').getAttribute('data-run');
    const text = await fetch(`${world.server.url}/api/v1/jobs/${id}`).then((answer) =>
      answer.text(),
    );
    return /"request":.*?"seed":(\[[^\]]*\]|[^,}]*)/.exec(text)?.[1];
  };
  await page.getByLabel('Seed', { exact: true }).fill(seed);
  await page.locator('.card').nth(1).click();
  await page.locator('#stage-seed').fill(other);
  await run(1, 2);
  await untilState(page, 'done');
  const drawn = await drawnSeeds();
  expect(drawn).toBe(`[${seed},${other}]`);

  await page.getByLabel('Seed', { exact: true }).fill('7');
  await page.locator('.run-shown [aria-haspopup]').click();
  await page.getByRole('menuitem', { name: 'Take over seed' }).click();
  expect(await page.locator('#field-seed').inputValue()).toBe(seed);
  await page.reload();
  await page.waitForSelector('.run-bar');
  expect(await page.locator('#field-seed').inputValue()).toBe(seed);
  await startRun(page);
  await untilState(page, 'done');
  expect(await drawnSeeds()).toBe(drawn);
});

it('follows the server also where tabs cannot share a stream', async () => {
  // As on a page that is not from this machine and has no TLS.
  page = await world.visit({}, (context) =>
    context.addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined })),
  );
  await run(4, 2);
  await untilState(page, 'done');
  expect(await page.locator('.strip-frame img').count()).toBeGreaterThanOrEqual(6);
});
