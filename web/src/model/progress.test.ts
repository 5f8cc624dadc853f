import { expect, it } from 'vitest';

import type { ProgressEvent } from '../api/types';
import { progressOf } from './progress';
import { job } from './testing';

const event = (more: Partial<ProgressEvent>): ProgressEvent => ({
  id: 'x',
  activity: 'drawing',
  done: 0,
  total: 0,
  unit: 'frames',
  rate: null,
  seconds_left: null,
  frame: null,
  step: null,
  steps: null,
  ...more,
});

const drawing = job({ id: 'x', state: 'drawing', frames_done: 5, frames_total: 20 });

it('counts frames, and the steps of the one in work', () => {
  const now = progressOf(drawing, event({ rate: 2, seconds_left: 7, step: 6, steps: 12 }));
  expect(now).toEqual({
    part: 5.5 / 20,
    text: 'frame 5 / 20',
    left: '2 frames/s · 7 s left',
    title: '5/20',
    frames: true,
  });
  expect(progressOf(drawing, null)).toMatchObject({ part: 0.25, left: '' });
});

it('counts the pictures by which a pace is found before there are frames', () => {
  const searching = { ...drawing, frames_done: 0 };
  const search = event({
    activity: 'finding an even pace',
    unit: 'pictures',
    done: 13.4,
    total: 52,
  });
  expect(progressOf(searching, search)).toMatchObject({
    part: 13.4 / 52,
    text: 'Finding an even pace',
    left: '13 / 52 pictures',
    title: 'pace 13/52',
    frames: false,
  });
});

it('says what is done before and after drawing', () => {
  const loading = event({ activity: '', unit: 'bytes', done: 500_000, total: 2_000_000 });
  expect(progressOf({ ...drawing, state: 'loading' }, loading)).toMatchObject({
    part: 0.25,
    text: 'Loading the model',
    left: '500 KB of 2 MB',
    title: '5/20',
  });
  expect(progressOf({ ...drawing, state: 'assembling' }, null).text).toBe('Making the video');
  expect(progressOf({ ...drawing, state: 'loading', frames_total: null }, null).title).toBe('…');
});
