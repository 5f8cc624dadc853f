import { describe, expect, it } from 'vitest';

import type { Addon } from '../api/types';
import {
  addonTags,
  hasAddon,
  strengthRows,
  withAddon,
  withoutAddon,
  withoutTag,
  withStrength,
} from './addonTags';

function addon(more: Partial<Addon> = {}): Addon {
  return {
    kind: 'lora',
    name: 'winter',
    alias: '',
    folder: '',
    family: '',
    text_widths: [],
    activation: '',
    preferred_weight: null,
    description: '',
    notes: '',
    bytes: 0,
    picture: null,
    refusal: '',
    ...more,
  };
}

const embedding = addon({ kind: 'embedding', name: 'Easy-Neg' });
const values = (prompt: string) =>
  addonTags(prompt).map(({ kind, name, strengths }) => [
    kind,
    name,
    ...strengths.map(({ part, value }) => `${part} ${value}`),
  ]);

describe('addonTags', () => {
  it('reads numbers by place and by key, left out and unreadable', () => {
    expect(values('a <lora:x> b')).toEqual([['lora', 'x', 'all 1']]);
    expect(values('<lyco:x:.5>')).toEqual([['lora', 'x', 'all 0.5']]);
    expect(values('<lora:x:0.5:-0.8>')).toEqual([['lora', 'x', 'text 0.5', 'unet -0.8']]);
    expect(values('<lora:x:unet=2>')).toEqual([['lora', 'x', 'text 1', 'unet 2']]);
    expect(values('<lora:x:0.3:te=0.7:dyn=4>')).toEqual([['lora', 'x', 'all 0.7']]);
    expect(values('<lora:x:much>')).toEqual([['lora', 'x', 'all much']]);
    expect(values('<hypernet:h:0.4> <other:x:1> <lora:>')).toEqual([['hypernet', 'h', 'all 0.4']]);
  });
});

describe('withStrength', () => {
  it('rewrites the number and nothing else', () => {
    expect(withStrength('a <lora:x:0.5>, b', 'lora', 'x', 'all', 0.85)).toBe('a <lora:x:0.85>, b');
    expect(withStrength('<lora:x:1:2:8>', 'lora', 'x', 'unet', 0.1)).toBe('<lora:x:1:0.1:8>');
    expect(withStrength('<lora:x:te=1:unet=2>', 'lora', 'x', 'text', -1)).toBe(
      '<lora:x:te=-1:unet=2>',
    );
    expect(withStrength('<lora:x:2> <lora:y:2>', 'lora', 'y', 'all', 0)).toBe(
      '<lora:x:2> <lora:y:0>',
    );
  });

  it('puts a number in where it is left out', () => {
    expect(withStrength('<lora:x>', 'lora', 'x', 'all', 0.3)).toBe('<lora:x:0.3>');
    expect(withStrength('<lora:x:dyn=4>', 'lora', 'x', 'all', 0.3)).toBe('<lora:x:0.3:dyn=4>');
    expect(withStrength('<hypernet:x>', 'hypernet', 'x', 'all', 2)).toBe('<hypernet:x:2>');
  });

  it('sets all tags of a name, and adds one where there is none', () => {
    expect(withStrength('<lora:x:1> <lora:x:1:2>', 'lora', 'x', 'all', 0.5)).toBe(
      '<lora:x:0.5> <lora:x:0.5:2>',
    );
    expect(withStrength('a cat', 'lora', 'x', 'all', 0.15 + 0.15)).toBe('a cat <lora:x:0.3>');
    expect(withStrength('""', 'lora', 'x', 'all', 1)).toBe('<lora:x:1>');
  });
});

describe('strengthRows', () => {
  it('has own tags with their numbers, those of other stages with 0', () => {
    const prompts = ['a <lora:x:0.2>', 'b <hypernet:h:1> <lora:x:0.1> <lora:x:1:2>'];
    expect(strengthRows(prompts, 0)).toEqual([
      { kind: 'lora', name: 'x', here: true, parts: [{ part: 'all', value: 0.2 }] },
      { kind: 'hypernet', name: 'h', here: false, parts: [{ part: 'all', value: 0 }] },
    ]);
    expect(strengthRows(prompts, 1)[0]?.parts).toEqual([
      { part: 'text', value: 1 },
      { part: 'unet', value: 2 },
    ]);
    expect(strengthRows(['a', 'b'], 0)).toEqual([]);
  });

  it('has one order in all stages', () => {
    const prompts = ['<lora:x:1> <lora:y:1>', '<lora:z:1> <lora:y:0.5>'];
    const names = (index: number) => strengthRows(prompts, index).map(({ name }) => name);
    expect(names(0)).toEqual(['x', 'y', 'z']);
    expect(names(1)).toEqual(['x', 'y', 'z']);
  });
});

describe('withAddon and withoutAddon', () => {
  it('go there and back', () => {
    const lora = addon({ preferred_weight: 0.7, activation: 'snow, ice' });
    const once = withAddon('a house', lora);
    expect(once).toBe('a house <lora:winter:0.7> snow, ice');
    expect(withAddon(once, lora)).toBe(once);
    expect(withoutAddon(once, lora)).toBe('a house');
    expect(withAddon('', addon())).toBe('<lora:winter:1>');
    expect(withoutAddon('<lora:winter:1> a house', addon())).toBe('a house');
  });

  it('know a LoRA by its other name, too', () => {
    const lora = addon({ alias: 'Winter Style' });
    expect(hasAddon('x <lora:Winter Style:1>', lora)).toBe(true);
    expect(withoutAddon('x <lora:Winter Style:0.2>, y', lora)).toBe('x, y');
    expect(hasAddon('x <hypernet:winter:1> winter', lora)).toBe(false);
  });

  it('put in and take out an embedding’s word, whatever its weight', () => {
    expect(withAddon('blurry,', embedding)).toBe('blurry, Easy-Neg');
    expect(withAddon('blurry', embedding)).toBe('blurry, Easy-Neg');
    expect(withoutAddon('blurry, (easy-neg:1.3), ugly', embedding)).toBe('blurry, ugly');
    expect(withoutAddon('Easy-Neg, ugly', embedding)).toBe('ugly');
    expect(withoutAddon('ugly, Easy-Neg', embedding)).toBe('ugly');
    expect(withoutAddon('by Easy-Neg in oil', embedding)).toBe('by in oil');
    expect(hasAddon('Easy-Negative', embedding)).toBe(false);
    expect(hasAddon('<lora:Easy-Neg:1>', embedding)).toBe(false);
  });

  it('take tags out with the space before them alone', () => {
    expect(withoutTag('a <lora:x:1> b <lora:x:2>', 'lora', 'x')).toBe('a b');
    expect(withoutTag('a<lora:x:1>b', 'lora', 'x')).toBe('ab');
  });
});
