import { expect, it } from 'vitest';

import { parseLosses } from './series';

it('reads losses.csv by its headings', () => {
  const { names, columns } = parseLosses('stage,loss_latent,l1_to\n0,0.5,2\n0,,1.5\n');
  expect(names).toEqual(['stage', 'loss_latent', 'l1_to']);
  expect(columns[1]).toEqual([0.5, null]);
  expect(columns[2]).toEqual([2, 1.5]);
});
