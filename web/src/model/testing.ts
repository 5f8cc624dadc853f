// Values that several tests start from.

import type { Field, Job, RequestValues } from '../api/types';

export function field(name: string, more: Partial<Field> = {}): Field {
  return {
    name,
    kind: 'text',
    group: 'Group',
    label: name,
    limits: '',
    choices: null,
    minimum: null,
    maximum: null,
    help: `What ${name} does`,
    scope: 'picture',
    example: '',
    optional: false,
    default: '',
    modes: null,
    ...more,
  };
}

export const defaults: RequestValues = {
  prompt: '',
  negative_prompt: '',
  travel_steps: '30',
  mode: 'linear',
  genesis: 'fixed',
  pace: 'alpha',
  loop: false,
  seed: -1,
  cfg_scale: 7,
  denoise_strength: 0.75,
  steps: 20,
  fps: 10,
  init_image: '',
  subseed_strength: 0,
};

export function job(more: Partial<Job> = {}): Job {
  return {
    id: 'job-1',
    number: 1,
    name: '',
    title: 'a → b',
    state: 'done',
    place: null,
    created: 0,
    started: null,
    finished: null,
    frames_total: 14,
    frames_done: 14,
    frames_ready: '0-13',
    stage_frames: [0, 13],
    request: { ...defaults, prompt: 'a cat\na dog', seed: 42 },
    folder: '00000',
    video: null,
    contact_sheet: null,
    error: null,
    notes: [],
    trashed: false,
    fps: 10,
    changes: [],
    progress: null,
    ...more,
  };
}
