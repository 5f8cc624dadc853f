import { beforeEach, describe, expect, it, vi } from 'vitest';

import type { Bootstrap, Job, ServerEvent } from '../api/types';
import { job } from '../model/testing';

let send: (event: ServerEvent) => void = () => {};
vi.mock('../api/sharedStream', () => ({
  followServer: (handlers: { onEvent: (event: ServerEvent) => void }) => {
    send = handlers.onEvent;
  },
}));

const { connect, learnAnswer, server, shownFrames, timesTold } = await import('./server');

const queue = { waiting: [], current: null, paused: '' };
let jobs: Job[] = [];

beforeEach(async () => {
  const boot = { version: '1', fields: [], queue, models: [] } as unknown as Bootstrap;
  vi.stubGlobal('fetch', (address: string) => {
    const body = address.includes('bootstrap') ? boot : { jobs, next: null };
    return Promise.resolve(new Response(JSON.stringify(body), { status: 200 }));
  });
  server.set({ jobs: new Map(), frames: new Map(), progress: null, preview: null, queue });
  await connect();
});

const drawing = (more: Partial<Job> = {}) =>
  job({ id: 'x', state: 'drawing', frames_done: 0, frames_ready: '', frames_total: 5, ...more });

it('takes events that came while the page was being opened, after the older answers', async () => {
  jobs = [drawing({ frames_done: 1 })];
  const opening = connect();
  send({ name: 'frame', data: { id: 'x', index: 4, frames_done: 2 } });
  send({ name: 'job', data: drawing({ state: 'done', frames_done: 5 }) });
  expect(server.get().jobs.has('x')).toBe(false);
  await opening;
  jobs = [];
  expect(server.get().jobs.get('x')).toMatchObject({ state: 'done', frames_done: 5 });
  expect(server.get().queue.current).toBeNull();
});

describe('events', () => {
  it('move a run from the queue into work and out again', () => {
    send({ name: 'job', data: drawing({ state: 'queued', place: 1 }) });
    expect(server.get().queue).toMatchObject({ waiting: ['x'], current: null });
    send({ name: 'job', data: drawing() });
    expect(server.get().queue).toMatchObject({ waiting: [], current: 'x' });
    send({ name: 'job', data: drawing({ state: 'done', frames_done: 5 }) });
    expect(server.get().queue).toMatchObject({ waiting: [], current: null });
  });

  it('keep the order of those that wait', () => {
    for (const [id, place] of [
      ['a', 1],
      ['b', 2],
      ['c', 1],
    ] as const) {
      send({ name: 'job', data: job({ id, state: 'queued', place }) });
    }
    expect(server.get().queue.waiting).toEqual(['c', 'a', 'b']);
  });

  it('collect frames in the order in which they come', () => {
    send({ name: 'job', data: drawing() });
    for (const index of [0, 4, 1]) {
      send({ name: 'frame', data: { id: 'x', index, frames_done: index } });
    }
    expect(shownFrames(server.get(), server.get().jobs.get('x'))).toEqual([0, 1, 4]);
    send({ name: 'job', data: drawing({ state: 'done', frames_done: 5 }) });
    expect(shownFrames(server.get(), server.get().jobs.get('x'))).toEqual([0, 1, 2, 3, 4]);
  });

  it('tell which frames are there after a reload', () => {
    send({ name: 'job', data: drawing({ frames_done: 3, frames_ready: '0-1,4' }) });
    expect(shownFrames(server.get(), server.get().jobs.get('x'))).toEqual([0, 1, 4]);
  });

  it('forget the progress of a run that ended', () => {
    send({ name: 'job', data: drawing() });
    const progress = { id: 'x', activity: 'drawing', done: 1, total: 5, unit: 'frames' };
    send({
      name: 'progress',
      data: { ...progress, rate: 2, seconds_left: 2, frame: 1, step: 3, steps: 20 },
    });
    expect(server.get().progress?.step).toBe(3);
    send({ name: 'job', data: drawing({ state: 'cancelled' }) });
    expect(server.get().progress).toBeNull();
  });

  it('say when the server has become another version', () => {
    const data = { queue, current: null, jobs: [], version: '1' };
    send({ name: 'snapshot', data });
    expect(server.get().outdated).toBe(false);
    send({ name: 'snapshot', data: { ...data, version: '2' } });
    expect(server.get().outdated).toBe(true);
  });
});

it('an answer never overrides what events have told since it was asked', () => {
  const before = timesTold('y');
  send({ name: 'job', data: job({ id: 'y', state: 'drawing' }) });
  learnAnswer(job({ id: 'y', state: 'queued' }), before);
  expect(server.get().jobs.get('y')?.state).toBe('drawing');
  learnAnswer(job({ id: 'y', state: 'cancelled' }), timesTold('y'));
  expect(server.get().jobs.get('y')?.state).toBe('cancelled');
});

it('1000 events take no more memory than the runs they tell of', () => {
  jobs = [];
  for (let i = 0; i < 1000; i++) {
    send({ name: 'job', data: drawing({ frames_done: i % 5 }) });
  }
  expect(server.get().jobs.size).toBe(1);
  expect(server.get().frames.size).toBe(1);
});
