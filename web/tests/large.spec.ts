// Many runs, many stages.

import { expect, it } from 'vitest';

import { machineIsIdle, useWorld } from './harness';

const world = useWorld();

async function post(path: string, body: unknown): Promise<void> {
  const response = await fetch(`${world.server.url}/api/v1${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  // What is drawn already can no longer be cancelled.
  if (!response.ok && response.status !== 409) throw new Error(`${path}: ${response.status}`);
}

it('has only those lines of a long list in the document that are near', async () => {
  const count = 150;
  const request = { prompt: 'cat\ngirl', travel_steps: 1, steps: 1, width: 32, height: 32 };
  for (let i = 1; i <= count; i++) {
    await post('/jobs', { id: `many-runs-${i}`, request });
    await post(`/jobs/many-runs-${i}/cancel`, {});
  }
  const page = await world.visit();
  const numbers = async () =>
    (await page.locator('.run-number').allTextContents()).map((text) => Number(text));
  await page.locator('.run[data-run="many-runs-150"]').waitFor();
  let atEnd: number[] = [];
  // Lines that have just come in may leave again until one has scrolled to them.
  for (let calm = 0, i = 0; calm < 3 && i < 100; i++) {
    await page.locator('.runs-end').scrollIntoViewIfNeeded();
    await page.locator('.runs-scroll').evaluate((box) => (box.scrollTop = box.scrollHeight));
    await page.waitForTimeout(50);
    atEnd = await numbers();
    calm = atEnd.includes(1) ? calm + 1 : 0;
  }
  expect(atEnd).toContain(1);
  expect(atEnd).not.toContain(count);
  expect(atEnd.length).toBeLessThan(80);

  // The keyboard goes through all of them.
  await page.locator('.run[data-run="many-runs-1"] .run-main').focus();
  for (let number = 2; number <= 60; number++) {
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    const at = await page.evaluate(
      () => document.activeElement?.closest<HTMLElement>('.run')?.dataset.run,
    );
    expect(at).toBe(`many-runs-${number}`);
  }
  await page.locator('.runs-scroll').evaluate((box) => (box.scrollTop = 0));
  await page.locator('.run[data-run="many-runs-150"]').waitFor();
});

it('drags a card among 50 stages and 2000 frames without delay', async () => {
  const page = await world.visit();
  const text = page.getByRole('button', { name: 'Text', exact: true });
  await text.click();
  const stages = Array.from({ length: 50 }, (_, i) => `girl, forest, red hair, day ${i}`);
  await page.locator('#text-prompt').fill(stages.join('\n'));
  await page.locator('#text-travel_steps').fill('39');
  await text.click();
  await page.locator('.counts', { hasText: '1961 frames' }).waitFor();
  const times = await page
    .locator('.card')
    .nth(25)
    .evaluate(async (card: HTMLElement) => {
      card.scrollIntoView({ inline: 'center' });
      card.setPointerCapture = () => {};
      const { left, top } = card.getBoundingClientRect();
      const fire = (type: string, by: number) => {
        const at = { clientX: left + 40 + by, clientY: top + 40 };
        card.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerType: 'mouse', ...at }));
      };
      const taken: number[] = [];
      fire('pointerdown', 0);
      for (let i = 1; i <= 30; i++) {
        await new Promise(requestAnimationFrame);
        const begin = performance.now();
        fire('pointermove', 6 + 3 * i);
        // Preact draws before the next task; asking for a size makes the browser lay out.
        await new Promise((resolve) => setTimeout(resolve, 0));
        document.body.getBoundingClientRect();
        taken.push(performance.now() - begin);
      }
      fire('pointerup', 96);
      return taken;
    });
  await page.locator('.counts', { hasText: '1993 frames' }).waitFor();
  const median = times.sort((a, b) => a - b)[15] ?? Infinity;
  console.log(`dragging among 50 stages: ${median.toFixed(1)} ms a move`);
  if (machineIsIdle) expect(median).toBeLessThan(50);
});
