import { describe, expect, it } from 'vitest';

import {
  fromRequest,
  gapSteps,
  isDocument,
  negativeOf,
  parseSteps,
  stepsText,
  toRequest,
} from './document';
import { setStage, setValue } from './edit';
import { defaults } from './testing';

const open = (request: Record<string, never> | object) =>
  fromRequest(request as Record<string, never>, defaults);

describe('fromRequest', () => {
  it('makes a stage of each line and gives each its own gap', () => {
    const doc = open({ prompt: 'a\nb\n\nc', travel_steps: '10,20' });
    expect(doc.stages.map((stage) => stage.prompt)).toEqual(['a', 'b', 'c']);
    expect(gapSteps(doc)).toEqual([10, 20]);
  });

  it('repeats the last line where there are more seeds than lines', () => {
    const doc = open({ prompt: 'a cat', seed: [1, 2, 3], travel_steps: '4' });
    expect(doc.stages.map((stage) => stage.prompt)).toEqual(['a cat', 'a cat', 'a cat']);
    expect(doc.values.seed).toBe(1);
    expect(doc.stages.map((stage) => stage.seed)).toEqual([null, 2, 3]);
  });

  it('makes a stage of each negative prompt, and none of comments, as the server does', () => {
    const doc = open({ prompt: '# two moods\na cat', negative_prompt: 'x\ny', travel_steps: '4' });
    expect(doc.stages.map((stage) => stage.prompt)).toEqual(['a cat', 'a cat']);
    expect(doc.stages.map((stage) => stage.negative)).toEqual(['x', 'y']);
    expect(toRequest(doc, defaults)).toMatchObject({ travel_steps: '4', negative_prompt: 'x\ny' });
  });

  it('keeps a list of steps that does not fit as it was', () => {
    const doc = open({ prompt: 'a\nb', travel_steps: '1,2,3' });
    expect(doc.rawSteps).toBe('1,2,3');
    expect(toRequest(doc, defaults).travel_steps).toBe('1,2,3');
  });

  it('gives a loop’s closing gap to the first stage', () => {
    const doc = open({ prompt: 'a\nb', travel_steps: '5,9', loop: true });
    expect(doc.stages.map((stage) => stage.steps)).toEqual([9, 5]);
    expect(stepsText(doc)).toBe('5,9');
  });

  it('keeps the keys of the stages before, by place', () => {
    const before = open({ prompt: 'a\nb' });
    const after = fromRequest({ prompt: 'c\nd\ne' }, defaults, before.stages);
    expect(after.stages.slice(0, 2).map((each) => each.key)).toEqual(
      before.stages.map((each) => each.key),
    );
    expect(new Set(after.stages.map((each) => each.key)).size).toBe(3);
  });
});

describe('toRequest', () => {
  it('gives back the request that the form was made from', () => {
    const request = {
      prompt: 'a\nb\nc',
      negative_prompt: 'x\ny',
      travel_steps: '3,4',
      seed: [7, 8, 7],
      cfg_scale: [7, 11, 5],
      steps: 12,
    };
    expect(toRequest(open(request), defaults)).toEqual(request);
  });

  it('writes one number where all gaps are alike, and one line where all negatives are', () => {
    const doc = open({ prompt: 'a\nb\nc', negative_prompt: 'x', travel_steps: '6,6' });
    const request = toRequest(doc, defaults);
    expect(request.travel_steps).toBe('6');
    expect(request.negative_prompt).toBe('x');
  });

  it('writes an empty line among several as ""', () => {
    let doc = open({ prompt: 'a\nb', negative_prompt: 'x' });
    doc = setStage(doc, doc.stages[1]?.key ?? '', { negative: '' });
    expect(toRequest(doc, defaults).negative_prompt).toBe('x\n""');
    expect(negativeOf(open({ prompt: 'a\nb', negative_prompt: 'x\n""' }), 1)).toBe('');
  });

  it('fills the default in where only some stages have a value of their own', () => {
    let doc = open({ prompt: 'a\nb' });
    doc = setStage(doc, doc.stages[1]?.key ?? '', { cfg: 3 });
    expect(toRequest(doc, defaults).cfg_scale).toEqual([7, 3]);
  });

  it('passes wrong values on as they were typed', () => {
    const doc = setValue(open({ prompt: 'a\nb' }), 'steps', 'many');
    expect(toRequest(doc, defaults).steps).toBe('many');
  });
});

describe('parseSteps', () => {
  it('takes whole numbers only', () => {
    expect(parseSteps('1, 2')).toEqual([1, 2]);
    expect(parseSteps([3, 4])).toEqual([3, 4]);
    for (const text of ['', '1,', '1.5', '-1', 'a']) expect(parseSteps(text)).toBeNull();
  });
});

describe('isDocument', () => {
  it('refuses what another version has stored', () => {
    expect(isDocument(open({ prompt: 'a' }))).toBe(true);
    for (const value of [null, 3, {}, { stages: [] }, { stages: [{}], values: {} }]) {
      expect(isDocument(value)).toBe(false);
    }
  });
});
