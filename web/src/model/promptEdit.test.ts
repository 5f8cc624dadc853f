import { describe, expect, it } from 'vitest';

import { changeWeight, movePart } from './promptEdit';

/** "a |cat" with the selection between bars; one bar is the cursor. */
function state(marked: string) {
  const start = marked.indexOf('|');
  const text = marked.replaceAll('|', '');
  const end = marked.lastIndexOf('|');
  return { text, start, end: end === start ? start : end - 1 };
}

describe('changeWeight', () => {
  it('puts brackets around the word at the cursor', () => {
    expect(changeWeight(state('a c|at, b'), 0.1).text).toBe('a (cat:1.1), b');
  });

  it('changes brackets that are there, and takes them away at 1', () => {
    const once = changeWeight(state('a c|at'), 0.1);
    const twice = changeWeight(once, 0.1);
    expect(twice.text).toBe('a (cat:1.2)');
    expect(changeWeight(changeWeight(twice, -0.1), -0.1).text).toBe('a cat');
    expect(changeWeight(state('a c|at'), -0.1).text).toBe('a (cat:0.9)');
  });

  it('takes a selection without its spaces, and the whole of brackets', () => {
    expect(changeWeight(state('a |red cat |, b'), 0.1).text).toBe('a (red cat:1.1) , b');
    expect(changeWeight(state('a (red c|at:1.3)'), 0.1).text).toBe('a (red cat:1.4)');
  });

  it('leaves empty places alone', () => {
    const empty = state('a, |, b');
    expect(changeWeight(empty, 0.1)).toBe(empty);
  });
});

describe('movePart', () => {
  it('swaps with the neighbour and takes the cursor along', () => {
    const moved = movePart(state('a cat, r|ed hair, beach'), -1);
    expect(moved.text).toBe('red hair, a cat, beach');
    expect(movePart(moved, 1).text).toBe('a cat, red hair, beach');
  });

  it('stays at the ends', () => {
    const first = state('|a, b');
    expect(movePart(first, -1)).toBe(first);
    expect(movePart(state('a, b|'), 1).text).toBe('a, b');
  });
});
