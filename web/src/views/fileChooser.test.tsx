// @vitest-environment happy-dom
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { beforeEach, expect, it, vi } from 'vitest';

import type { Bootstrap, Model } from '../api/types';
import { defaults, field } from '../model/testing';
import { doc, openForm } from '../state/form';
import { server } from '../state/server';
import { ui } from '../state/ui';
import { FileChooser } from './fileChooser';

vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network here')));

const model = (name: string, more: Partial<Model> = {}) =>
  ({
    ...{ title: name, name, family: 'SD', supported: true, refusal: '', bytes: 5 },
    ...{ is_default: false, picture: null },
    ...more,
  }) as Model;

let root: HTMLElement;
const input = () => root.querySelector<HTMLInputElement>('input') as HTMLInputElement;
const lines = () => [...root.querySelectorAll<HTMLElement>('[role=option]')];
const titles = () => lines().map((line) => line.querySelector('.choice-title')?.textContent);
/** The title of the line that keys are at. */
const active = () => {
  const id = input().getAttribute('aria-activedescendant') ?? '';
  return document.getElementById(id)?.querySelector('.choice-title')?.textContent;
};

async function press(...keys: string[]): Promise<void> {
  for (const key of keys) {
    await act(() => {
      input().dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    });
  }
}

async function type(text: string): Promise<void> {
  await act(() => {
    input().value = text;
    input().dispatchEvent(new Event('input', { bubbles: true }));
  });
}

async function show(which: 'model' | 'vae'): Promise<void> {
  ui.set({ dialog: which });
  await act(() => render(<FileChooser field={which} />, root));
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  root = document.createElement('div');
  document.body.replaceChildren(root);
  const models = [
    model('tiny', { title: 'tiny [0123456789]', is_default: true }),
    model('photo.safetensors', { picture: '/photo' }),
    model('lora.safetensors', { supported: false, refusal: 'is a LoRA' }),
    model('photo-xl.safetensors'),
  ];
  const vaes = [model('clear.pt')];
  const fields = [field('model'), field('vae')];
  server.set({ boot: { models, vaes, fields, defaults } as unknown as Bootstrap });
  openForm({ prompt: 'a' }, defaults);
});

it('begins at what is in use, which may be the default', async () => {
  await show('model');
  expect(titles()).toEqual(['tiny [0123456789]', 'photo.safetensors', 'lora.safetensors', 'photo-xl.safetensors']);
  expect(active()).toBe('tiny [0123456789]');
  expect(lines()[0]?.getAttribute('aria-selected')).toBe('true');
  expect(root.querySelectorAll('[aria-selected=true]')).toHaveLength(1);
  expect(lines()[1]?.querySelector('img')?.getAttribute('src')).toBe('/photo');
  expect(lines()[0]?.querySelector('.picture-blank')?.textContent).toBe('ti');
});

it('is searched and chosen from by keys', async () => {
  await show('model');
  await press('ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown');
  expect(active()).toBe('photo-xl.safetensors');
  await type('photo');
  expect(titles()).toEqual(['photo.safetensors', 'photo-xl.safetensors']);
  expect(active()).toBe('photo.safetensors');
  await press('ArrowDown', 'Enter');
  expect(doc().values.model).toBe('photo-xl.safetensors');
  expect(ui.get().dialog).toBeNull();
});

it('does not choose what cannot be used, and says why', async () => {
  await show('model');
  await type('lora');
  expect(lines()[0]?.textContent).toContain('is a LoRA');
  await press('Enter');
  await act(() => lines()[0]?.click());
  expect(doc().values.model).toBeUndefined();
  expect(ui.get().dialog).toBe('model');
  await type('nothing');
  expect(root.querySelector('[role=status]')?.textContent).toContain('Nothing is found');
  await press('Enter');
  expect(ui.get().dialog).toBe('model');
});

it('chooses a VAE by a click', async () => {
  await show('vae');
  expect(titles()).toEqual(['automatic', 'none', 'clear.pt']);
  await act(() => lines()[2]?.click());
  expect(doc().values.vae).toBe('clear.pt');
  expect(ui.get().dialog).toBeNull();
});
