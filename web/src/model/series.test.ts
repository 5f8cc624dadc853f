import { expect, it } from 'vitest';

import { largestJump, parseLosses, unevenness } from './series';

it('finds the largest jump among frames that are there', () => {
  expect(largestJump([1, null, 5, 2])).toBe(2);
  expect(largestJump([null])).toBe(-1);
  expect(unevenness([1, 1, 1, 4])).toBe(4);
  expect(unevenness([null])).toBeNull();
});

it('reads losses.csv by its headings', () => {
  const { names, columns } = parseLosses('frame,latent_loss,cond_distance\n1,0.5,2\n1,,1.5\n');
  expect(names).toEqual(['frame', 'latent_loss', 'cond_distance']);
  expect(columns[1]).toEqual([0.5, null]);
  expect(columns[2]).toEqual([2, 1.5]);
});
