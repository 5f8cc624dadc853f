// @vitest-environment happy-dom
import { expect, it, vi } from 'vitest';

import type { Addon } from '../api/types';
import { negativeOf } from '../model/document';
import { defaults } from '../model/testing';
import { targetTexts, toggleAddon } from './addons';
import { doc, openForm, undoForm, update } from './form';

vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network here')));

const lora: Addon = {
  kind: 'lora',
  name: 'winter',
  alias: '',
  folder: '',
  family: '',
  text_widths: [],
  activation: '',
  preferred_weight: null,
  description: '',
  notes: '',
  bytes: 0,
  picture: null,
  refusal: '',
};
const embedding: Addon = { ...lora, kind: 'embedding', name: 'badhands' };
const prompts = () => doc().stages.map(({ prompt }) => prompt);
const negatives = () => doc().stages.map((_, i) => negativeOf(doc(), i));

it('changes one stage or all, as one step of undo', () => {
  openForm({ prompt: 'cat\ngirl\nrobot' }, defaults);
  const stage = doc().stages[1]?.key ?? '';
  toggleAddon(lora, { stage, negative: false });
  expect(prompts()).toEqual(['cat', 'girl <lora:winter:1>', 'robot']);
  // Where not all have it, the others get it, and nobody gets it twice.
  toggleAddon(lora, { stage: null, negative: false });
  expect(prompts()).toEqual([
    'cat <lora:winter:1>',
    'girl <lora:winter:1>',
    'robot <lora:winter:1>',
  ]);
  toggleAddon(lora, { stage: null, negative: false });
  expect(prompts()).toEqual(['cat', 'girl', 'robot']);
  undoForm();
  expect(prompts()[2]).toBe('robot <lora:winter:1>');
});

it('changes negative prompts, which stages may have from the one before', () => {
  openForm({ prompt: 'cat\ngirl\nrobot', negative_prompt: 'ugly' }, defaults);
  update((now) => ({
    ...now,
    stages: now.stages.map((stage, i) => ({ ...stage, negative: i === 0 ? 'ugly' : null })),
  }));
  toggleAddon(embedding, { stage: null, negative: true });
  expect(negatives()).toEqual(['ugly, badhands', 'ugly, badhands', 'ugly, badhands']);
  expect(doc().stages[2]?.negative).toBeNull();
  const last = { stage: doc().stages[2]?.key ?? '', negative: true };
  expect(targetTexts(last)).toEqual(['ugly, badhands']);
  toggleAddon(embedding, last);
  expect(negatives()).toEqual(['ugly, badhands', 'ugly, badhands', 'ugly']);
});
