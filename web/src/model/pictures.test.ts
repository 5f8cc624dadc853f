import { describe, expect, it } from 'vitest';

import type { Picture, RequestValues } from '../api/types';
import { fromRequest, gapSteps, toRequest } from './document';
import { drop } from './pictures';
import { defaults } from './testing';

function picture(request: RequestValues | null, more: object = {}): Picture {
  return {
    id: 'p',
    init_image: 'upload:p',
    width: 64,
    height: 64,
    parameters: request && {
      program: 'web UI',
      text: '',
      request,
      model: '',
      model_hash: '',
      notes: [],
      problems: [],
      ...more,
    },
  };
}

const start = () => fromRequest({ prompt: 'x\ny', travel_steps: '5' }, defaults);
const page = { kind: 'page' } as const;
const prompts = (doc: ReturnType<typeof start>) => doc.stages.map((stage) => stage.prompt);

describe('drop', () => {
  it('makes a picture without a prompt the init picture, and says so', () => {
    const { doc, lines } = drop(start(), [picture(null)], page, []);
    expect(doc.values.init_image).toBe('upload:p');
    expect(lines.join(' ')).toContain('init picture');
  });

  it('adds one picture as a stage, with its own seed and CFG', () => {
    const { doc } = drop(start(), [picture({ prompt: 'z', seed: 9, cfg_scale: 4 })], page, []);
    expect(prompts(doc)).toEqual(['x', 'y', 'z']);
    expect(toRequest(doc, defaults)).toMatchObject({ seed: [-1, -1, 9], cfg_scale: [7, 7, 4] });
  });

  it('goes where it was dropped', () => {
    const doc = start();
    const [first, second] = doc.stages.map((stage) => stage.key);
    const one = [picture({ prompt: 'z' })];
    const into = drop(doc, one, { kind: 'gap', before: second ?? '' }, []);
    expect(prompts(into.doc)).toEqual(['x', 'z', 'y']);
    const onto = drop(doc, one, { kind: 'stage', key: first ?? '' }, []);
    expect(prompts(onto.doc)).toEqual(['z', 'y']);
  });

  it('makes a travel of two, takes what both agree on and says the rest', () => {
    const two = [
      picture({ prompt: 'a', seed: 42, steps: 12, sampler: 'DDIM', width: 64 }),
      picture({ prompt: 'b', seed: 7, steps: 12, sampler: 'Euler', width: 64 }),
    ];
    const { doc, lines } = drop(start(), two, page, []);
    expect(prompts(doc)).toEqual(['a', 'b']);
    expect(gapSteps(doc)).toEqual([5]);
    expect(toRequest(doc, defaults)).toMatchObject({ seed: [42, 7], steps: 12, width: 64 });
    expect(doc.values.sampler).toBeUndefined();
    expect(lines).toContain('seeds differ: 42, 7 → seed travels');
    expect(lines).toContain('samplers differ: DDIM, Euler → left as it was');
  });

  it('names a model that is not here', () => {
    const one = picture({ prompt: 'z' }, { model: 'dream', model_hash: 'abc123' });
    expect(drop(start(), [one], page, ['other']).lines.join()).toContain(
      'dream [abc123] is not here',
    );
    expect(drop(start(), [one], page, ['dream']).lines.join()).not.toContain('is not here');
  });
});
