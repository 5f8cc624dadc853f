import { expect, it } from 'vitest';

import type { Addon } from '../api/types';
import { initials, searched, unfit } from './addons';

const winter: Addon = {
  kind: 'lora',
  name: 'winter',
  alias: 'Cold',
  folder: 'styles/old',
  family: 'Stable Diffusion 1.x',
  text_widths: [768],
  activation: 'snowy street',
  preferred_weight: null,
  description: '',
  notes: '',
  bytes: 1,
  picture: null,
  refusal: '',
};

it('finds add-ons by all parts of what is searched', () => {
  const other = { ...winter, name: 'summer', alias: '', activation: '' };
  const embedding: Addon = { ...winter, kind: 'embedding' };
  const names = (search: string) =>
    searched([winter, other, embedding], 'lora', search).map(({ name }) => name);
  expect(names('')).toEqual(['winter', 'summer']);
  expect(names('OLD snow')).toEqual(['winter']);
  expect(names('cold')).toEqual(['winter']);
  expect(names('spring')).toEqual([]);
});

it('says why an add-on does not fit the model', () => {
  expect(unfit(winter, 768)).toBe('');
  expect(unfit(winter, 2048)).toBe('is for Stable Diffusion 1.x, not for this checkpoint');
  expect(unfit(winter, 0)).toBe('');
  expect(unfit({ ...winter, text_widths: [] }, 2048)).toBe('');
  expect(unfit({ ...winter, refusal: 'is broken' }, 768)).toBe('is broken');
});

it('makes two letters of a name', () => {
  expect(initials('winter_style v2')).toBe('ws');
  expect(initials('winter')).toBe('wi');
  expect(initials('雪')).toBe('雪');
});
