import { expect, it } from 'vitest';

import type { MotionDistance } from '../api/types';
import {
  canBeEvened,
  evennessText,
  jumpsOf,
  jumpText,
  largestJumps,
  shownDistances,
  worstPair,
} from './motion';

function distance(
  steps: (number | null)[],
  jumps: [number, number | null][],
  times: number | null,
) {
  return {
    median: 1,
    max_over_median: times,
    jumps: jumps.map(([from, over_median]) => ({
      from: { frame: from },
      to: { frame: from + 1 },
      distance: steps[from] ?? 0,
      over_median,
    })),
    steps,
  } satisfies MotionDistance;
}

const colour = distance(
  [1, 1, 5.9, 1, 3],
  [
    [2, 5.9],
    [4, 3],
  ],
  5.9,
);
const structure = distance([1, 1, 1, 1, 4], [[4, 4]], 4);

it('shows structure and colour of a report, and whatever else there is', () => {
  const motion = {
    final: true,
    pending: 0,
    frames: 6,
    distances: { lab: colour, other: colour, ssim: structure },
  };
  expect(shownDistances(motion).map(({ title }) => title)).toEqual(['Structure', 'Colour']);
  const nothing = distance([null, null], [], null);
  const unknown = { final: false, pending: 0, frames: 3, distances: { lab: nothing } };
  expect(shownDistances(unknown)).toEqual([]);
});

it('says in one line how even it is', () => {
  expect(evennessText(colour)).toBe('largest step 5.9 × the median, between frames 2 and 3');
  expect(evennessText(distance([null, 0, 2], [], null))).toBe(
    'largest step where most frames stand still, between frames 2 and 3',
  );
  expect(evennessText(distance([0, 0], [], null))).toBe('all frames are equal');
});

it('has each jump once, with what is largest of it', () => {
  const all = [
    { title: 'Structure', distance: structure },
    { title: 'Colour', distance: colour },
  ];
  const jumps = jumpsOf(all);
  expect(jumps).toEqual([
    { from: 2, to: 3, times: 5.9 },
    { from: 4, to: 5, times: 4 },
  ]);
  expect(largestJumps(jumps, 1)).toEqual([{ from: 2, to: 3, times: 5.9 }]);
  expect(jumps.map(jumpText)).toEqual(['2–3, 5.9×', '4–5, 4×']);
  expect(worstPair(all)).toEqual({ from: 2, to: 3 });
  const still = { title: 'Structure', distance: distance([0, 0, 0, 0, 1], [[4, null]], null) };
  expect(jumpsOf([...all, still])[1]).toEqual({ from: 4, to: 5, times: null });
  expect(worstPair([...all, still])).toEqual({ from: 4, to: 5 });
  expect(largestJumps(jumpsOf([...all, still]), 1)).toEqual([{ from: 4, to: 5, times: null }]);
  expect(worstPair([])).toBeNull();
});

it('offers smooth motion where the travel can have it and does not', () => {
  const smooth = { pace: 'even', bridge: 'latents' };
  expect(canBeEvened({}, smooth)).toBe(true);
  expect(canBeEvened({ pace: 'alpha', genesis: 'fixed', compat: 'none' }, smooth)).toBe(true);
  expect(canBeEvened({ pace: 'even' }, smooth)).toBe(true);
  expect(canBeEvened({ pace: 'even', bridge: 'latents' }, smooth)).toBe(false);
  expect(canBeEvened({ genesis: 'successive' }, smooth)).toBe(false);
  expect(canBeEvened({ compat: 'v3' }, smooth)).toBe(false);
});
