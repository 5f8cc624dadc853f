import { describe, expect, it } from 'vitest';

import {
  applies,
  changeTexts,
  fieldTable,
  otherFields,
  otherSummary,
  sections,
  sectionSummary,
  takeOver,
} from './fields';
import { defaults, field } from './testing';

const travel = sections.find((section) => section.id === 'travel') ?? sections[0]!;
const table = fieldTable([
  field('mode', { default: 'linear' }),
  field('genesis', { default: 'fixed' }),
  field('loop', { kind: 'boolean', label: 'Loop', default: false }),
  field('grad_alpha', { modes: ['grad'], default: 0.01, kind: 'number' }),
  field('embryo_step', { default: '0.4' }),
  field('denoise_strength', { default: 0.75 }),
  field('pace', { label: 'Pace', default: 'alpha' }),
  field('pace_by', { default: 'ssim' }),
]);

describe('applies', () => {
  it('follows the mode, as the table tells', () => {
    const alpha = table.get('grad_alpha')!;
    expect(applies(alpha, {}, defaults)).toBe(false);
    expect(applies(alpha, { mode: 'grad' }, defaults)).toBe(true);
  });

  it('follows the pace', () => {
    const by = table.get('pace_by')!;
    expect(applies(by, {}, defaults)).toBe(false);
    expect(applies(by, { pace: 'alpha' }, defaults)).toBe(false);
    expect(applies(by, { pace: 'even' }, defaults)).toBe(true);
    expect(sectionSummary(travel, table, { pace: 'even' }, defaults)).toContain('pace even');
  });

  it('follows genesis and the init picture', () => {
    expect(applies(table.get('embryo_step')!, {}, defaults)).toBe(false);
    expect(applies(table.get('embryo_step')!, { genesis: 'embryo' }, defaults)).toBe(true);
    const denoise = table.get('denoise_strength')!;
    expect(applies(denoise, {}, defaults)).toBe(false);
    expect(applies(denoise, { genesis: 'successive' }, defaults)).toBe(true);
    expect(applies(denoise, { init_image: 'upload:x' }, defaults)).toBe(true);
  });
});

describe('headings', () => {
  it('say what is in a closed section', () => {
    expect(sectionSummary(travel, table, {}, defaults)).toBe('linear, fixed');
    const values = { mode: 'grad', grad_alpha: 0.1, loop: true };
    expect(sectionSummary(travel, table, values, defaults)).toBe(
      'grad, fixed, grad_alpha 0.1, loop',
    );
  });

  it('of "More" say what differs from the defaults', () => {
    const fields = [field('clip_skip', { label: 'Clip skip', default: 1, group: 'Encoding' })];
    expect(otherSummary(fields, {}, { clip_skip: 1 })).toBe('as usual');
    expect(otherSummary(fields, { clip_skip: 2 }, { clip_skip: 1 })).toBe('clip skip 2');
  });
});

it('otherFields has what no other place shows, by the table’s groups', () => {
  const groups = otherFields([
    field('steps'),
    field('prompt'),
    field('out'),
    field('new_field', { group: 'New' }),
  ]);
  expect(groups).toEqual([{ group: 'New', fields: [field('new_field', { group: 'New' })] }]);
});

it('changeTexts say what a run changed, in labels', () => {
  const labels = fieldTable([
    field('steps', { label: 'Sampling steps' }),
    field('prompt', { label: 'Prompt' }),
  ]);
  expect(
    changeTexts(
      [
        { field: 'steps', before: 20, after: 30 },
        { field: 'prompt', before: 'a', after: 'b' },
      ],
      labels,
    ),
  ).toEqual(['sampling steps 20 → 30', 'prompt']);
});

it('takeOver takes a part and leaves the rest', () => {
  const now = { prompt: 'a', seed: 1, width: 64, height: 64, steps: 9 };
  const from = { prompt: 'b', seed: 2, width: 128, height: 96, out: '/secret', steps: 20 };
  expect(takeOver(now, from, 'seed')).toEqual({ ...now, seed: 2 });
  expect(takeOver(now, from, 'size')).toEqual({ ...now, width: 128, height: 96 });
  expect(takeOver(now, from, 'all')).toEqual({
    prompt: 'b',
    seed: 2,
    width: 128,
    height: 96,
    steps: 20,
  });
});
