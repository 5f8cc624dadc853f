// @vitest-environment happy-dom
import { expect, it, vi } from 'vitest';

import type { Bootstrap } from '../api/types';
import { defaults } from '../model/testing';
import { doc, evenOut, openForm, setField, setStage, takeSettings, undoForm } from './form';
import { messages } from './messages';
import { server } from './server';

vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network here')));

it('takes back what a message is about, not what was changed after it', () => {
  server.set({ boot: { fields: [], defaults } as unknown as Bootstrap });
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
  expect(doc().values).toMatchObject({ steps: 4, pace: 'even' });
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
