// @vitest-environment happy-dom
import { expect, it, vi } from 'vitest';

import type { Job, ServerEvent } from '../api/types';
import { job } from '../model/testing';

let tell: (event: ServerEvent) => void = () => {};
vi.mock('./server', async (original) => ({
  ...(await original<typeof import('./server')>()),
  onServerEvent: (listener: (event: ServerEvent) => void) => {
    tell = (event) => {
      if (event.name === 'job') learnJobs([event.data]);
      listener(event);
    };
  },
}));

const { learnJobs } = await import('./server');
const { followList, list, loadFirst, loadMore } = await import('./list');

const ended = (number: number, more: Partial<Job> = {}) =>
  job({ id: `run-${number}`, number, state: 'done', ...more });

let answers: ((page: { jobs: Job[]; next: number | null }) => void)[] = [];
vi.stubGlobal('fetch', (address: string) =>
  address.includes('trashed')
    ? Promise.resolve(new Response('{"jobs": [], "next": null}'))
    : new Promise((resolve) => {
        answers.push((page) => resolve(new Response(JSON.stringify(page))));
      }),
);

/** Answers the oldest question, and waits until the answer is taken over. */
async function answer(jobs: Job[], next: number | null = null): Promise<void> {
  answers.shift()?.({ jobs, next });
  await vi.waitFor(() => expect(list.get().loading).toBe(false));
}

const numbers = () => list.get().ids.map((id) => Number(id.slice(4)));

it('keeps what events told while the list was being read', async () => {
  followList();
  void loadFirst();
  tell({ name: 'job', data: ended(9) });
  tell({ name: 'job', data: ended(7, { state: 'queued' }) });
  tell({ name: 'removed', data: { id: 'run-6' } });
  await answer([ended(8), ended(7), ended(6), ended(5)], 5);
  expect(numbers()).toEqual([9, 8, 5]);
});

it('reads what is new after an interruption, and keeps what was read further down', async () => {
  loadMore();
  await answer([ended(4), ended(3)], 3);
  expect(numbers()).toEqual([9, 8, 5, 4, 3]);
  tell({
    name: 'snapshot',
    data: {
      queue: { waiting: [], current: null, paused: '' },
      current: null,
      jobs: [],
      version: '1',
    },
  });
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  await answer([ended(10), ended(9), ended(5)], 5);
  await vi.waitFor(() => expect(numbers()).toEqual([10, 9, 5, 4, 3]));
  expect(list.get().next).toBe(3);
});
