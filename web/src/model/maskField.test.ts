import { expect, it } from 'vitest';

import { maskFor, masksOf, needsOthers, unmasked, uploadOf, withMask } from './maskField';

it('reads one mask or several', () => {
  expect(masksOf('')).toEqual([]);
  expect(masksOf('upload:a\nupload:b\n')).toEqual(['upload:a', 'upload:b']);
  expect(masksOf(['upload:a'])).toEqual(['upload:a']);
  expect(maskFor('upload:a', 3)).toBe('upload:a');
  expect(maskFor('upload:a\nupload:b', 1)).toBe('upload:b');
  expect(maskFor('', 1)).toBeUndefined();
  expect(uploadOf('upload:a')).toBe('a');
  expect(uploadOf(undefined)).toBeNull();
});

it('sets the mask of all stages or of one', () => {
  expect(withMask('upload:a\nupload:b', null, 2, 'upload:c', '')).toBe('upload:c');
  expect(withMask('upload:a', 1, 3, 'upload:c', 'upload:w')).toBe('upload:a\nupload:c\nupload:a');
  expect(withMask('', 0, 2, 'upload:c', 'upload:w')).toBe('upload:c\nupload:w');
  expect(withMask('upload:a\nupload:b', 2, 3, 'upload:c', 'upload:w')).toBe(
    'upload:a\nupload:b\nupload:c',
  );
  expect(withMask('upload:a\nupload:b', 0, 2, 'upload:b', '')).toBe('upload:b');
  expect(withMask('', 0, 1, 'upload:c', '')).toBe('upload:c');
  expect(needsOthers('', 1, 2)).toBe(true);
  expect(needsOthers('upload:a', 1, 2)).toBe(false);
  expect(needsOthers('', null, 2)).toBe(false);
});

it('asks for a mask of the others where some have none', () => {
  expect(needsOthers('upload:a\nupload:b', 0, 3)).toBe(true);
  expect(needsOthers('upload:a\nupload:b', 2, 3)).toBe(false);
  expect(needsOthers('upload:a\nupload:b', 2, 4)).toBe(true);
  expect(needsOthers('upload:a\nupload:b', 1, 2)).toBe(false);
  expect(needsOthers('upload:a', 1, 3)).toBe(false);
});

it('leaves stages without a mask drawn, also where masks are inverted', () => {
  expect([unmasked(false), unmasked(undefined), unmasked(true)]).toEqual([255, 255, 0]);
});
