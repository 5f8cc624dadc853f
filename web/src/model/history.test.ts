import { expect, it } from 'vitest';

import { begin, change, redo, undo } from './history';

it('undoes and redoes', () => {
  let history = begin('a');
  history = change(history, 'b', '', 0);
  history = change(history, 'c', '', 0);
  history = undo(history);
  expect(history.present).toBe('b');
  history = undo(undo(history));
  expect(history.present).toBe('a');
  history = redo(redo(redo(history)));
  expect(history.present).toBe('c');
});

it('takes typing on as one step, and a new thing as another', () => {
  let history = begin('');
  history = change(history, 'h', 'prompt', 1000);
  history = change(history, 'hi', 'prompt', 1400);
  history = change(history, 'hi!', 'steps', 1500);
  history = undo(history);
  expect(history.present).toBe('hi');
  history = undo(history);
  expect(history.present).toBe('');
});

it('forgets what was undone after a change, and has a bound', () => {
  let history = begin(0);
  history = undo(change(history, 1, '', 0));
  history = change(history, 2, '', 0);
  expect(redo(history).present).toBe(2);
  for (let i = 3; i < 1000; i++) history = change(history, i, '', i);
  expect(history.past.length).toBeLessThanOrEqual(200);
  expect(change(history, history.present, '', 0)).toBe(history);
});
