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

  it('makes a travel of two, takes the first one\'s settings and says the rest', () => {
    const two = [
      picture({ prompt: 'a', seed: 42, steps: 12, sampler: 'DDIM', width: 64 }),
      picture({ prompt: 'b', seed: 7, steps: 12, sampler: 'Euler', width: 64 }),
    ];
    const { doc, lines } = drop(start(), two, page, []);
    expect(prompts(doc)).toEqual(['a', 'b']);
    expect(gapSteps(doc)).toEqual([5]);
    expect(toRequest(doc, defaults)).toMatchObject({ seed: [42, 7], steps: 12, width: 64 });
    expect(doc.values.sampler).toBe('DDIM');
    expect(lines).toContain('seeds differ: 42, 7 → seed travels');
    expect(lines).toContain("samplers differ: DDIM, Euler → DDIM, the first picture's");
  });

  it('makes a travel of three, in their order, each with what a stage can have', () => {
    const three = [
      picture({ prompt: 'a', negative_prompt: 'n', seed: 1, cfg_scale: 7, clip_skip: 2 }),
      picture({ prompt: 'b', negative_prompt: '', seed: 1, cfg_scale: 4, clip_skip: 2 }),
      picture({ prompt: 'c', negative_prompt: 'm', seed: 1, cfg_scale: 7, eta: 0.5 }),
    ];
    const { doc, lines } = drop(start(), three, page, []);
    expect(prompts(doc)).toEqual(['a', 'b', 'c']);
    expect(gapSteps(doc)).toEqual([5, 5]);
    expect(toRequest(doc, defaults)).toMatchObject({
      negative_prompt: 'n\n""\nm',
      seed: 1,
      cfg_scale: [7, 4, 7],
      clip_skip: 2,
    });
    expect(doc.values.eta).toBeUndefined();
    expect(lines).toContain('A travel between the 3 pictures.');
    expect(lines).toContain("clip skips differ: 2, 2, default → 2, the first picture's");
    expect(lines).toContain("etas differ: default, default, 0.5 → default, the first picture's");
    expect(lines).toContain('CFG scales differ: 7, 4, 7 → CFG scale travels');
  });

  it('forgets settings of the form that the pictures were drawn without', () => {
    const form = fromRequest({ prompt: 'x\ny', eta: 0.3, rng: 'cpu', steps: 9 }, defaults);
    const two = [picture({ prompt: 'a', rng: 'cpu' }), picture({ prompt: 'b', rng: 'cpu' })];
    const { doc, lines } = drop(form, two, page, []);
    expect(doc.values).toMatchObject({ rng: 'cpu', steps: 9 });
    expect(doc.values.eta).toBeUndefined();
    expect(lines).toEqual(['A travel between the two pictures.']);
  });

  it('names a model that is not here', () => {
    const one = picture({ prompt: 'z' }, { model: 'dream', model_hash: 'abc123' });
    expect(drop(start(), [one], page, ['other']).lines.join()).toContain(
      'dream [abc123] is not here',
    );
    expect(drop(start(), [one], page, ['dream']).lines.join()).not.toContain('is not here');
  });
});
