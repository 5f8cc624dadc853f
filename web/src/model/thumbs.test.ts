import { expect, it } from 'vitest';

import { defaults, job } from './testing';
import type { Job, RequestValues } from '../api/types';
import { findStageFrames } from './thumbs';

const findStageFrame = (
  jobs: Job[],
  frames: Map<string, Set<number>>,
  request: RequestValues,
  index: number,
  model: string,
) => findStageFrames(jobs, frames, request, index + 1, model)[index] ?? null;

const request = { ...defaults, prompt: 'a cat\na dog' };
const all = new Map([['job-1', new Set(Array.from({ length: 14 }, (_, i) => i))]]);

it('finds the stage’s frame of a run with these settings', () => {
  expect(findStageFrame([job()], all, request, 1, 'default')).toEqual({ id: 'job-1', frame: 13 });
});

it('finds a stage that stood elsewhere', () => {
  const swapped = { ...request, prompt: 'a dog\nsomething' };
  expect(findStageFrame([job()], all, swapped, 0, 'default')?.frame).toBe(13);
});

it('never shows other settings, seeds or models, nor frames that are not there', () => {
  expect(findStageFrame([job()], all, { ...request, steps: 30 }, 0, 'default')).toBeNull();
  expect(findStageFrame([job()], all, { ...request, seed: 5 }, 0, 'default')).toBeNull();
  expect(findStageFrame([job()], all, { ...request, cfg_scale: 3 }, 0, 'default')).toBeNull();
  expect(findStageFrame([job()], all, { ...request, model: 'b' }, 0, 'default')).toBeNull();
  expect(findStageFrame([job()], all, { ...request, prompt: 'q\nr' }, 0, 'default')).toBeNull();
  const some = new Map([['job-1', new Set([0])]]);
  expect(findStageFrame([job()], some, request, 1, 'default')).toBeNull();
});
