import { expect, it } from 'vitest';

import { EventParser } from './eventParser';

const text =
  ': hello\n\nevent: job\nid: 7\ndata: {"a":\ndata: 1}\n\nevent: frame\r\nid: 8\r\ndata: {}\r\n\r\n';

it('reads events, whatever pieces they come in', () => {
  const expected = [
    { name: 'job', data: '{"a":\n1}', id: '7' },
    { name: 'frame', data: '{}', id: '8' },
  ];
  expect(new EventParser().push(text)).toEqual(expected);
  for (let size = 1; size < 9; size++) {
    const parser = new EventParser();
    const events = [];
    for (let i = 0; i < text.length; i += size)
      events.push(...parser.push(text.slice(i, i + size)));
    expect(events).toEqual(expected);
  }
});

it('has no event without data', () => {
  expect(new EventParser().push('event: job\n\n: only a comment\n\n')).toEqual([]);
});
