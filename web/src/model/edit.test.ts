import { describe, expect, it } from 'vitest';

import { fromRequest, gapSteps } from './document';
import * as edit from './edit';
import { defaults } from './testing';

const start = () => fromRequest({ prompt: 'a\nb\nc', travel_steps: '10,20' }, defaults);
const prompts = (doc: ReturnType<typeof start>) => doc.stages.map((stage) => stage.prompt).join();

describe('moveBy', () => {
  it('moves later stages along', () => {
    expect(gapSteps(edit.moveBy(start(), 1, 5))).toEqual([15, 20]);
  });

  it('takes from the gap behind where the total is kept', () => {
    const doc = { ...start(), keepTotal: true };
    expect(gapSteps(edit.moveBy(doc, 1, 5))).toEqual([15, 15]);
    expect(gapSteps(edit.moveBy(doc, 1, 50))).toEqual([30, 0]);
    expect(gapSteps(edit.moveBy(doc, 1, -50))).toEqual([0, 30]);
  });

  it('snaps to whole frames and never moves the first stage', () => {
    expect(gapSteps(edit.moveBy(start(), 2, 0.6))).toEqual([10, 21]);
    expect(edit.moveBy(start(), 0, 9).stages[0]?.steps).toBe(start().stages[0]?.steps);
  });

  it('is the same document when nothing changes', () => {
    const doc = start();
    expect(edit.moveBy(doc, 1, 0.2)).toBe(doc);
  });
});

describe('reorder', () => {
  it('moves a stage and leaves the gaps where they are', () => {
    const doc = edit.reorder(start(), 2, 0);
    expect(prompts(doc)).toBe('c,a,b');
    expect(gapSteps(doc)).toEqual([10, 20]);
  });

  it('does nothing beyond the ends', () => {
    const doc = start();
    expect(edit.reorder(doc, 0, 3)).toBe(doc);
    expect(edit.reorder(doc, 0, -1)).toBe(doc);
  });
});

describe('stages', () => {
  it('adds a copy with a key of its own', () => {
    const doc = edit.addAfter(start(), 2);
    expect(prompts(doc)).toBe('a,b,c,c');
    expect(new Set(doc.stages.map((each) => each.key)).size).toBe(4);
    expect(gapSteps(doc)).toEqual([10, 20, 20]);
  });

  it('never removes the last one', () => {
    let doc = start();
    for (const stage of doc.stages) doc = edit.remove(doc, stage.key);
    expect(doc.stages).toHaveLength(1);
  });

  it('makes stages of pasted lines', () => {
    const doc = edit.splitStage(start(), start().stages[0]?.key ?? '', 'x');
    expect(prompts(doc)).toBe('a,b,c');
    const own = start();
    const split = edit.splitStage(own, own.stages[1]?.key ?? '', 'x\n\ny\nz');
    expect(prompts(split)).toBe('a,x,y,z,c');
  });

  it('keeps a prompt on one line', () => {
    const doc = start();
    const key = doc.stages[0]?.key ?? '';
    expect(edit.setStage(doc, key, { prompt: 'a\n  b' }).stages[0]?.prompt).toBe('a b');
  });

  it('takes lines of the text view and leaves the rest of each stage', () => {
    let doc = start();
    doc = edit.setStage(doc, doc.stages[1]?.key ?? '', { cfg: 3 });
    doc = edit.setPromptLines(doc, 'x\n\ny\nz\nw');
    expect(prompts(doc)).toBe('x,y,z,w');
    expect(doc.stages[1]?.cfg).toBe(3);
    expect(doc.stages[3]?.steps).toBe(20);
    doc = edit.setNegativeLines(doc, 'n\n""');
    expect(doc.stages.map((stage) => stage.negative)).toEqual(['n', '', null, null]);
  });
});
