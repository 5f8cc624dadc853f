import { expect, it } from 'vitest';

import { addWord, markUnknown, offeredWords, tagChanges, unknownWords, vocabulary } from './words';

const words = ['girl', 'red hair', 'beach', 'witch hat'];
const known = vocabulary(words);

it('marks words that are not known, and nothing without a vocabulary', () => {
  expect(unknownWords('(girl:1.2), Red hair, dragon AND 3 zebra dragon', known)).toEqual([
    'dragon',
    'zebra',
  ]);
  expect(unknownWords('dragon', new Set())).toEqual([]);
  expect(unknownWords('girl <lora:zebra style:0.5>, beach', known)).toEqual([]);
  expect(
    markUnknown('a dragon, girl', known)
      .map((piece) => piece.text)
      .join(''),
  ).toBe('a dragon, girl');
});

it('offers what goes on with the typed word, else what is missing', () => {
  expect(offeredWords(words, 'girl, re', 5)).toEqual(['red hair']);
  expect(offeredWords(words, 'girl, ', 5)).toEqual(['red hair', 'beach', 'witch hat']);
  expect(offeredWords(['a', 'the', 'cat'], '', 5)).toEqual(['cat']);
  expect(offeredWords(words, 'xyz', 2)).toEqual(['girl', 'red hair']);
});

it('adds a word instead of its beginning, else behind a comma', () => {
  expect(addWord('girl, re', 'red hair')).toBe('girl, red hair');
  expect(addWord('girl', 'beach')).toBe('girl, beach');
  expect(addWord('girl, ', 'beach')).toBe('girl, beach');
  expect(addWord('', 'beach')).toBe('beach');
});

it('tells what replace takes away and brings', () => {
  expect(tagChanges('girl, red hair', 'girl, blue hair, beach')).toEqual({
    gone: ['red hair'],
    come: ['blue hair', 'beach'],
  });
});
