// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from 'vitest';

import type { Job } from '../api/types';
import { listenForKeys } from './keys';
import { server } from './server';
import { ui } from './ui';

const asked = vi.hoisted(() => [] as string[]);

vi.stubGlobal('fetch', (address: string) => {
  asked.push(address);
  return Promise.reject(new TypeError('no network here'));
});

listenForKeys();

const escape = (more: KeyboardEventInit = {}) =>
  document.body.dispatchEvent(
    new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, ...more }),
  );

beforeEach(() => {
  asked.length = 0;
  const job = { id: 'a', number: 1, state: 'drawing', name: '', title: 'cat' } as unknown as Job;
  server.set({ jobs: new Map([['a', job]]), queue: { waiting: [], current: 'a', paused: '' } });
});

it('cancels no run by an Escape that is held down after it has closed a dialog', () => {
  ui.set({ dialog: 'keys' });
  escape();
  ui.set({ dialog: null });
  escape({ repeat: true });
  escape({ repeat: true });
  expect(asked).toEqual([]);
  escape();
  expect(asked).toEqual([]);
  escape();
  expect(asked.length).toBe(1);
});
