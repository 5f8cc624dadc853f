import { expect, it } from 'vitest';

import { largestJump, parseLosses, unevenness } from './series';

it('finds the largest jump among frames that are there', () => {
  expect(largestJump([1, null, 5, 2])).toBe(2);
  expect(largestJump([null])).toBe(-1);
  expect(unevenness([1, 1, 1, 4])).toBe(4);
  expect(unevenness([null])).toBeNull();
});

it('reads losses.csv by its headings', () => {
  const { names, columns } = parseLosses('stage,loss_latent,l1_to\n0,0.5,2\n0,,1.5\n');
  expect(names).toEqual(['stage', 'loss_latent', 'l1_to']);
  expect(columns[1]).toEqual([0.5, null]);
  expect(columns[2]).toEqual([2, 1.5]);
});
