import { describe, expect, it } from 'vitest';

import {
  fill,
  invert,
  isBlank,
  joined,
  MaskHistory,
  newMask,
  stamp,
  strokeTo,
  viewShift,
} from './mask';

const hard = { radius: 2, softness: 0, erase: false };
const at = (mask: ReturnType<typeof newMask>, x: number, y: number) =>
  mask.data[y * mask.width + x];

describe('the brush', () => {
  it('covers its circle and nothing else, also at the edge', () => {
    const mask = newMask(9, 9);
    expect(stamp(mask, 4.5, 4.5, hard)).toEqual({ x: 2, y: 2, width: 5, height: 5 });
    expect(at(mask, 4, 4)).toBe(255);
    expect(at(mask, 2, 4)).toBe(128);
    expect(at(mask, 2, 2)).toBe(0);
    expect(at(mask, 8, 4)).toBe(0);
    expect(stamp(mask, 0, 0, hard)).toEqual({ x: 0, y: 0, width: 3, height: 3 });
    expect(stamp(mask, -20, 3, hard)).toBeNull();
  });

  it('fades where it is soft, and does not add up', () => {
    const mask = newMask(41, 1);
    const soft = { radius: 20, softness: 1, erase: false };
    stamp(mask, 20.5, 0.5, soft);
    const once = [...mask.data];
    expect(once[20]).toBe(255);
    for (let i = 21; i < 41; i++) expect(once[i]).toBeLessThanOrEqual(once[i - 1] ?? 0);
    expect(once[30]).toBeGreaterThan(80);
    expect(once[30]).toBeLessThan(175);
    stamp(mask, 20.5, 0.5, soft);
    expect([...mask.data]).toEqual(once);
  });

  it('erases', () => {
    const mask = newMask(9, 9, 255);
    stamp(mask, 4.5, 4.5, { ...hard, erase: true });
    expect(at(mask, 4, 4)).toBe(0);
    expect(at(mask, 0, 0)).toBe(255);
  });

  it('leaves no gap on a fast way', () => {
    const mask = newMask(100, 9);
    const area = strokeTo(mask, { x: 5, y: 4.5 }, { x: 95, y: 4.5 }, hard);
    for (let x = 6; x < 95; x++) expect(at(mask, x, 4)).toBe(255);
    expect(area?.width).toBeGreaterThan(88);
  });
});

describe('MaskHistory', () => {
  it('undoes and redoes strokes and changes of everything', () => {
    const mask = newMask(12, 12);
    const history = new MaskHistory(mask);
    history.begin();
    history.end(stamp(mask, 3, 3, hard));
    const stroke = mask.data.slice();
    history.change(invert);
    const inverted = mask.data.slice();
    history.change((all) => fill(all, 255));
    history.undo();
    expect(mask.data).toEqual(inverted);
    history.undo();
    expect(mask.data).toEqual(stroke);
    history.undo();
    expect(isBlank(mask)).toBe(true);
    expect(history.undo()).toBeNull();
    expect([history.canUndo, history.canRedo]).toEqual([false, true]);
    history.redo();
    expect(mask.data).toEqual(stroke);
    history.redo();
    expect(mask.data).toEqual(inverted);
    // A new step forgets what was undone.
    history.begin();
    history.end(stamp(mask, 9, 9, { ...hard, erase: true }));
    expect(history.canRedo).toBe(false);
  });

  it('takes back a step that was broken off', () => {
    const mask = newMask(12, 12);
    const history = new MaskHistory(mask);
    history.begin();
    stamp(mask, 3, 3, hard);
    history.cancel();
    expect(isBlank(mask)).toBe(true);
    history.begin();
    history.end(null);
    expect(history.canUndo).toBe(false);
  });

  it('leaves all as it is while a stroke is in work', () => {
    const mask = newMask(12, 12);
    const history = new MaskHistory(mask);
    history.change((all) => fill(all, 9));
    history.begin();
    const area = stamp(mask, 3, 3, hard);
    const stroke = mask.data.slice();
    expect(history.inWork).toBe(true);
    expect([history.undo(), history.redo(), history.change(invert)]).toEqual([null, null, null]);
    expect(mask.data).toEqual(stroke);
    expect(history.end(area)).toBe(true);
    expect(history.inWork).toBe(false);
    history.undo();
    expect(mask.data.every((value) => value === 9)).toBe(true);
    history.redo();
    expect(mask.data).toEqual(stroke);
  });

  it('makes no step of what changes nothing', () => {
    const mask = newMask(12, 12);
    const history = new MaskHistory(mask);
    history.begin();
    expect(history.end(stamp(mask, 3, 3, { ...hard, erase: true }))).toBe(false);
    expect(history.change((all) => fill(all, 0))).toBeNull();
    expect(history.canUndo).toBe(false);
  });

  it('takes back a stroke after steps that were undone', () => {
    const mask = newMask(12, 12);
    const history = new MaskHistory(mask);
    history.change((all) => fill(all, 9));
    history.change((all) => fill(all, 20));
    history.undo();
    history.begin();
    stamp(mask, 3, 3, hard);
    history.cancel();
    expect(mask.data.every((value) => value === 9)).toBe(true);
    expect(history.canRedo).toBe(true);
  });

  it('forgets its oldest steps where they take too much', () => {
    const mask = newMask(10, 10);
    const history = new MaskHistory(mask, 250);
    for (let i = 1; i <= 4; i++) history.change((all) => fill(all, i));
    expect([history.undo(), history.undo()].every(Boolean)).toBe(true);
    expect(history.undo()).toBeNull();
    expect(mask.data[0]).toBe(2);
  });
});

it('scrolls a view to what it does not show', () => {
  expect(viewShift(50, 10, 100)).toBe(0);
  expect(viewShift(5, 10, 100)).toBe(-5);
  expect(viewShift(-20, 10, 100)).toBe(-30);
  expect(viewShift(95, 10, 100)).toBe(5);
  expect(viewShift(60, 80, 100)).toBe(10);
});

it('joins areas', () => {
  const area = { x: 1, y: 2, width: 3, height: 4 };
  expect(joined(null, area)).toBe(area);
  expect(joined(area, { x: 0, y: 5, width: 2, height: 2 })).toEqual({
    x: 0,
    y: 2,
    width: 4,
    height: 5,
  });
});
