// @vitest-environment happy-dom
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { beforeEach, expect, it, vi } from 'vitest';

import { defaults } from '../model/testing';
import { doc, form, openForm } from '../state/form';
import { useStore } from '../state/store';
import { StageStrengths } from './StageStrengths';

vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network here')));

let root: HTMLElement;

function Shown({ index }: { index: number }) {
  const { stages } = useStore(form, (state) => state.history.present);
  return <StageStrengths stages={stages} index={index} />;
}

const show = (index: number) => act(() => render(<Shown index={index} />, root));
const sliders = () => [...root.querySelectorAll<HTMLInputElement>('input[type=range]')];
const names = () => sliders().map((each) => each.getAttribute('aria-label'));

async function slide(place: number, value: string): Promise<void> {
  const slider = sliders()[place];
  if (!slider) throw new Error('the slider is there');
  await act(() => {
    slider.value = value;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
  });
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  root = document.createElement('div');
  document.body.replaceChildren(root);
});

it('moves no slider that puts its tag into the stage', async () => {
  openForm({ prompt: 'a <lora:x:1>\nb <lora:y:1> <lora:z:1>' }, defaults);
  await show(0);
  const before = sliders();
  expect(names()).toEqual(['x, slider', 'y, slider', 'z, slider']);
  await slide(2, '0.5');
  expect(doc().stages[0]?.prompt).toBe('a <lora:x:1> <lora:z:0.5>');
  expect(sliders()).toEqual(before);
  expect(sliders()[2]).toBe(before[2]);
  expect(names()).toEqual(['x, slider', 'y, slider', 'z, slider']);
});

it('keeps the reach of a slider that comes back from far away', async () => {
  openForm({ prompt: 'a <lora:x:4.5>\nb' }, defaults);
  await show(0);
  const reach = () => [sliders()[0]?.min, sliders()[0]?.max];
  expect(reach()).toEqual(['-1', '5']);
  await slide(0, '1');
  expect(doc().stages[0]?.prompt).toBe('a <lora:x:1>');
  expect(reach()).toEqual(['-1', '5']);
  await show(1);
  expect(reach()).toEqual(['-1', '2']);
});
