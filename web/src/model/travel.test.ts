import { describe, expect, it } from 'vitest';

import { fromRequest } from './document';
import { defaults } from './testing';
import {
  cardWidth,
  ease,
  frameAtPlace,
  frameTotal,
  layOut,
  nextFrame,
  parseRanges,
  placeOfFrame,
  sameFraction,
  stagePlaces,
} from './travel';

const doc = fromRequest({ prompt: 'a\nb\nc', travel_steps: '12,30' }, defaults);

describe('places', () => {
  it('are the stages’ frames', () => {
    expect(stagePlaces(doc)).toEqual([0, 13, 44]);
    expect(frameTotal(doc)).toBe(45);
    expect(frameTotal({ ...doc, values: { ...doc.values, loop: true } })).toBe(45 + 30);
  });

  it('map frames to pixels and back', () => {
    const frames = [0, 13, 44];
    const middles = [50, 300, 700];
    for (let frame = 0; frame <= 44; frame++) {
      expect(frameAtPlace(placeOfFrame(frame, frames, middles), frames, middles)).toBe(frame);
    }
    expect(frameAtPlace(-5, frames, middles)).toBe(0);
    expect(frameAtPlace(9999, frames, middles)).toBe(44);
  });

  it('take gaps in proportion, but never too narrow', () => {
    const layout = layOut(doc, 900);
    expect(layout.gaps[0]).toBe(0);
    expect(layout.gaps[2]).toBeGreaterThan(layout.gaps[1] ?? 0);
    expect(Math.min(...layout.gaps.slice(1))).toBeGreaterThanOrEqual(76);
    expect(layout.width).toBe(3 * cardWidth + (layout.gaps[1] ?? 0) + (layout.gaps[2] ?? 0));
  });

  it('lays out 50 stages of 2000 frames quickly', () => {
    const prompt = Array.from({ length: 50 }, (_, i) => `stage ${i}`).join('\n');
    const long = fromRequest({ prompt, travel_steps: '40' }, defaults);
    const begin = performance.now();
    for (let i = 0; i < 100; i++) layOut(long, 900);
    expect((performance.now() - begin) / 100).toBeLessThan(5);
  });
});

describe('nextFrame', () => {
  const frames = [0, 1, 2];
  it('loops, stops or turns', () => {
    expect(nextFrame(frames, 1, 1, { loop: false, pingPong: false })?.frame).toBe(2);
    expect(nextFrame(frames, 2, 1, { loop: false, pingPong: false })).toBeNull();
    expect(nextFrame(frames, 2, 1, { loop: true, pingPong: false })?.frame).toBe(0);
    expect(nextFrame(frames, 2, 1, { loop: true, pingPong: true })).toEqual({
      frame: 1,
      direction: -1,
    });
    expect(nextFrame(frames, 0, -1, { loop: true, pingPong: true })).toEqual({
      frame: 1,
      direction: 1,
    });
    expect(nextFrame(frames, 0, -1, { loop: false, pingPong: true })).toBeNull();
  });

  it('takes what is there', () => {
    expect(nextFrame([], 0, 1, { loop: true, pingPong: false })).toBeNull();
    expect(nextFrame([4, 9], 4, 1, { loop: true, pingPong: false })?.frame).toBe(9);
    expect(nextFrame([4, 9], 5, 1, { loop: true, pingPong: false })?.frame).toBe(4);
    expect(nextFrame([4], 4, 1, { loop: true, pingPong: true })?.frame).toBe(4);
  });
});

it('ease keeps its ends', () => {
  for (const name of ['linear', 'ease-in', 'ease-out', 'ease-in-out']) {
    expect(ease(name, 0)).toBe(0);
    expect(ease(name, 1)).toBe(1);
  }
  expect(ease('ease-in', 0.5)).toBe(0.25);
  expect(ease('ease-in-out', 0.5)).toBe(0.5);
});

it('parseRanges reads ranges', () => {
  expect(parseRanges('0-3,7')).toEqual([0, 1, 2, 3, 7]);
  expect(parseRanges('')).toEqual([]);
});

it('sameFraction finds the frame at the same part of another film', () => {
  expect(sameFraction(13, 27, 14)).toBe(7);
  expect(sameFraction(26, 27, 100)).toBe(99);
  expect(sameFraction(0, 1, 5)).toBe(0);
});
