import { expect, it } from 'vitest';

import { parseJson } from './json';

it('keeps the digits of whole numbers beyond 2^53', () => {
  const text =
    '{"seed": [18446744073709551615, -9007199254740993,9007199254740992, 9007199254740991, -1]}';
  expect(parseJson(text)).toEqual({
    seed: ['18446744073709551615', '-9007199254740993', '9007199254740992', 9007199254740991, -1],
  });
  expect(JSON.stringify(parseJson('{"seed":18446744073709551615}'))).toBe(
    '{"seed":"18446744073709551615"}',
  );
});

it('leaves texts and other numbers as they are', () => {
  const values = {
    text: 'seed: 18446744073709551615, "18446744073709551615" \\',
    '18446744073709551615': 0.12345678901234568,
    large: 1.2345678901234567e30,
    list: ['\\"', '18446744073709551615'],
  };
  expect(parseJson(JSON.stringify(values))).toEqual(values);
  expect(parseJson('[12345678901234567.5, 1234567890123456789e2]')).toEqual([
    12345678901234567.5, 1234567890123456789e2,
  ]);
});

it('refuses what is no JSON', () => {
  expect(() => parseJson('{"seed": 18446744073709551615')).toThrow(SyntaxError);
  expect(() => parseJson('<html>')).toThrow(SyntaxError);
});
