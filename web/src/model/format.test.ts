import { expect, it } from 'vitest';

import { amount, bytes, clock, duration, firstWords, plural, timecode, valueText } from './format';

it('writes times', () => {
  expect(duration(0.4)).toBe('0 s');
  expect(duration(89)).toBe('89 s');
  expect(duration(90)).toBe('1 min 30 s');
  expect(duration(7500)).toBe('2 h 5 min');
  expect(timecode(1.34)).toBe('0:01.3');
  expect(timecode(125)).toBe('2:05.0');
});

it('writes amounts', () => {
  expect([0.123, 2.44, 31.4].map(amount)).toEqual(['0.12', '2.4', '31']);
  expect(bytes(33554432)).toBe('34 MB');
  expect(plural(1, 'frame')).toBe('1 frame');
  expect(plural(2, 'frame')).toBe('2 frames');
});

it('writes values and first words', () => {
  expect(valueText([7, 11])).toBe('7, 11');
  expect(valueText(null)).toBe('none');
  expect(firstWords('girl, red hair, forest', 14)).toBe('girl, red hair…');
  expect(firstWords('girl', 14)).toBe('girl');
});

it('names the day of what was not today', () => {
  const now = new Date(2026, 10, 26, 12, 0);
  const same = clock(new Date(2026, 10, 26, 9, 5).getTime() / 1000, now);
  const other = clock(new Date(2026, 10, 20, 9, 5).getTime() / 1000, now);
  expect(other.length).toBeGreaterThan(same.length);
});
