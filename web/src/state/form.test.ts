// @vitest-environment happy-dom
import { expect, it, vi } from 'vitest';

import type { Bootstrap } from '../api/types';
import { defaults } from '../model/testing';
import { doc, evenOut, openForm, setField, setStage, switchPreset, takeSettings, undoForm } from './form';
import { messages } from './messages';
import { server } from './server';

vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network here')));

it('takes back what a message is about, not what was changed after it', () => {
  const smooth = { pace: 'even', bridge: 'latents' };
  server.set({ boot: { fields: [], defaults, smooth } as unknown as Bootstrap });
  openForm({ prompt: 'cat\ngirl', steps: 5 }, defaults);
  const key = doc().stages[0]?.key ?? '';
  takeSettings({ prompt: 'robot\nsnow', steps: 9 }, 'all', 'Run 1');
  expect(doc().values.steps).toBe(9);
  setField('steps', 12);
  const undo = messages.get().shown.find(({ text }) => text.includes('Run 1'))?.action;
  undo?.run();
  expect(doc().values.steps).toBe(5);
  expect(doc().stages.map(({ prompt }) => prompt)).toEqual(['cat', 'girl']);
  // Undoing is a change, too.
  undoForm();
  expect(doc().values.steps).toBe(12);

  evenOut({ prompt: 'robot\nsnow', steps: 4 }, 'Run 3');
  expect(doc().values).toMatchObject({ steps: 4, pace: 'even', bridge: 'latents' });
  undoForm();
  expect(doc().values.pace).toBeUndefined();

  setStage(key, { prompt: 'cat' });
  takeSettings({ prompt: 'robot\nsnow', steps: 3 }, 'all', 'Run 2');
  messages
    .get()
    .shown.find(({ text }) => text.includes('Run 2'))
    ?.action?.run();
  expect(doc().values.steps).toBe(12);
});

it('switches a preset on and off', () => {
  const smooth = { pace: 'even', bridge: 'latents' };
  const known = { ...defaults, pace: 'alpha', bridge: 'off' };
  server.set({ boot: { fields: [], defaults: known, smooth } as unknown as Bootstrap });
  switchPreset(smooth, true);
  expect(doc().values).toMatchObject(smooth);
  switchPreset(smooth, false);
  expect(doc().values).toMatchObject({ pace: 'alpha', bridge: 'off' });
});
