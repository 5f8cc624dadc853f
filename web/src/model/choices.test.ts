import { describe, expect, it } from 'vitest';

import type { Model } from '../api/types';
import { checkpointChoices, placeAfter, searchedChoices, vaeChoices } from './choices';

function model(name: string, more: Partial<Model> = {}): Model {
  return {
    title: `${name} [0123456789]`,
    name,
    hash: '0123456789',
    family: 'Stable Diffusion 1.x',
    supported: true,
    refusal: '',
    prediction: 'epsilon',
    bytes: 2_132_000_000,
    is_default: false,
    picture: null,
    ...more,
  };
}

describe('choices', () => {
  it('say what a checkpoint is, and why one cannot be used', () => {
    const all = checkpointChoices([
      model('tiny', { is_default: true, bytes: 9_000_000 }),
      model('sd/photo.safetensors', { picture: '/p?v=1' }),
      model('odd.ckpt', { supported: false, refusal: 'is a LoRA' }),
    ]);
    expect(all[0]).toEqual({
      value: '',
      title: 'tiny [0123456789]',
      about: 'the default · Stable Diffusion 1.x · 9 MB',
      picture: null,
      refusal: '',
    });
    expect(all[1]).toMatchObject({ value: 'sd/photo.safetensors', picture: '/p?v=1' });
    expect(all[1]?.about).toBe('Stable Diffusion 1.x · 2.1 GB');
    expect(all.map((choice) => choice.refusal)).toEqual(['', '', 'is a LoRA']);
  });

  it('of VAEs begin with what is no file', () => {
    const all = vaeChoices([model('clear.pt', { family: 'VAE' })]);
    expect(all.map((choice) => choice.value)).toEqual(['', 'none', 'clear.pt']);
  });

  it('are found by all parts of a search, in whatever order', () => {
    const all = checkpointChoices([
      model('photo.safetensors'),
      model('anime.safetensors', { family: 'Stable Diffusion XL' }),
    ]);
    const found = (search: string) => searchedChoices(all, search).map((choice) => choice.value);
    expect(found('XL ANI')).toEqual(['anime.safetensors']);
    expect(found('  ')).toHaveLength(2);
    expect(found('xl photo')).toEqual([]);
  });
});

describe('placeAfter', () => {
  it('stays within the list', () => {
    expect(placeAfter('ArrowDown', 0, 3)).toBe(1);
    expect(placeAfter('ArrowDown', 2, 3)).toBe(2);
    expect(placeAfter('ArrowUp', 0, 3)).toBe(0);
    expect(placeAfter('PageDown', 1, 30)).toBe(9);
    expect(placeAfter('PageUp', 20, 30)).toBe(12);
  });

  it('leaves other keys, and lists without lines, alone', () => {
    expect(placeAfter('Home', 1, 3)).toBeNull();
    expect(placeAfter('ArrowDown', 0, 0)).toBeNull();
  });
});
