// @vitest-environment happy-dom
import { expect, it, vi } from 'vitest';

import type { Addon, ServerEvent } from '../api/types';
import { negativeOf } from '../model/document';
import { defaults } from '../model/testing';
import { addons, loadAddons, showAddons, targetTexts, toggleAddon } from './addons';
import { doc, openForm, undoForm, update } from './form';

vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network here')));

const lists = vi.hoisted(() => [] as ((names: string[]) => void)[]);
const listeners = vi.hoisted(() => [] as ((event: ServerEvent) => void)[]);

vi.mock('../api/client', async (original) => ({
  ...(await original<typeof import('../api/client')>()),
  call: () =>
    new Promise((resolve) => {
      lists.push((names) =>
        resolve({ addons: names.map((name) => ({ ...lora, name })), text_widths: {} }),
      );
    }),
}));
vi.mock('./server', async (original) => ({
  ...(await original<typeof import('./server')>()),
  onServerEvent: (listener: (event: ServerEvent) => void) => listeners.push(listener),
}));

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

const settled = () => new Promise((resolve) => setTimeout(resolve));
const found = () => addons.get().all?.map((addon) => addon.name);
const modelsChange = () => {
  const event = { name: 'models', data: {} } as unknown as ServerEvent;
  for (const listener of listeners) listener(event);
};

it('asks for the list while it is shown, one request at a time', async () => {
  lists.length = 0;
  const hide = showAddons();
  expect(lists.length).toBe(1);
  // Two changes while the answer is under way: it may be of before, so one more is asked for.
  modelsChange();
  modelsChange();
  expect(lists.length).toBe(1);
  lists[0]?.(['old']);
  await settled();
  expect(lists.length).toBe(2);
  lists[1]?.(['new']);
  await settled();
  expect([lists.length, found()]).toEqual([2, ['new']]);
  const once = loadAddons();
  expect(lists.length).toBe(3);
  lists[2]?.(['newer']);
  await once;
  expect(found()).toEqual(['newer']);
  // What is told again is no change.
  const before = addons.get();
  modelsChange();
  lists[3]?.(['newer']);
  await settled();
  expect([lists.length, addons.get() === before]).toEqual([4, true]);

  // Nobody looks: it is asked for when it is shown again, and only where something changed.
  hide();
  modelsChange();
  expect(lists.length).toBe(4);
  const hideAgain = showAddons();
  expect(lists.length).toBe(5);
  lists[4]?.(['newest']);
  await settled();
  expect(found()).toEqual(['newest']);
  hideAgain();
  showAddons()();
  expect(lists.length).toBe(5);
});
