// @vitest-environment happy-dom
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { newMask, type Mask } from '../model/mask';
import { defaults } from '../model/testing';
import { doc, openForm } from '../state/form';
import { ui } from '../state/ui';
import { MaskEditor } from './maskEditor';

vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network here')));

const side = 32;
/** Pictures that are asked for, until the test answers: by name. */
const asked = vi.hoisted(() => new Map<string, { come: (grey: number) => void; fail: () => void }>());
const sent = vi.hoisted(() => [] as Mask[]);

vi.mock('./maskPictures', () => ({
  loadPicture: (upload: string) =>
    new Promise((resolve, reject) => {
      asked.set(upload, {
        come: (grey) => resolve({ naturalWidth: side, naturalHeight: side, src: '', grey }),
        fail: () => reject(new Error('The picture is no longer on the server.')),
      });
    }),
  maskOfPicture: ({ grey }: { grey: number }, width: number, height: number) =>
    newMask(width, height, grey),
  showMask: () => undefined,
  uploadMask: (mask: Mask) => Promise.resolve(`upload:sent${sent.push(mask)}`),
}));

let root: HTMLElement;

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  asked.clear();
  sent.length = 0;
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(10 * side);
  HTMLElement.prototype.setPointerCapture = () => undefined;
  root = document.createElement('div');
  document.body.replaceChildren(root);
});

afterEach(async () => {
  await act(() => render(null, root));
  ui.set({ letterKeys: true, dialog: null });
  vi.restoreAllMocks();
});

/** Opens the editor; the init picture has come. */
async function open(values: Record<string, string | boolean>, prompt = 'a\nb'): Promise<void> {
  openForm({ prompt, init_image: 'upload:init', ...values }, defaults);
  ui.set({ dialog: 'mask' });
  await act(() => render(<MaskEditor />, root));
  await answer('init', 0);
}

async function answer(name: string, grey: number): Promise<void> {
  await act(async () => {
    asked.get(name)?.come(grey);
    await new Promise((resolve) => setTimeout(resolve));
  });
}

async function fail(name: string): Promise<void> {
  await act(async () => {
    asked.get(name)?.fail();
    await new Promise((resolve) => setTimeout(resolve));
  });
}

const canvas = () => root.querySelector('canvas');
const button = (name: string) =>
  [...root.querySelectorAll('button')].find((each) => each.textContent === name);
const enabled = (name: string) => button(name)?.disabled === false;
const click = (name: string) => act(() => button(name)?.click());
const problem = () => root.querySelector('.field-problem')?.textContent;
const ringLeft = () => root.querySelector<HTMLElement>('.mask-ring')?.style.left;

async function choose(stage: number): Promise<void> {
  await act(() => {
    const select = root.querySelector('select') as HTMLSelectElement;
    select.value = String(stage - 1);
    select.dispatchEvent(new Event('change', { bubbles: true }));
  });
}

async function press(key: string, more: KeyboardEventInit = {}): Promise<KeyboardEvent> {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more });
  await act(() => void canvas()?.dispatchEvent(event));
  return event;
}

/** The mouse at a place of the picture. */
async function mouse(kind: string, x: number, y: number): Promise<void> {
  const place = { clientX: 10 * x, clientY: 10 * y, pointerId: 1, pointerType: 'mouse' };
  const event = new PointerEvent(kind, { bubbles: true, button: 0, ...place });
  await act(() => void canvas()?.dispatchEvent(event));
}

async function draw(x: number, y: number): Promise<void> {
  await mouse('pointerdown', x, y);
  await mouse('pointerup', x, y);
}

/** The mask that is sent by “Use this mask”. */
async function used(): Promise<Mask | undefined> {
  await click('Use this mask');
  await act(() => new Promise((resolve) => setTimeout(resolve)));
  return sent[0];
}

it('leaves stages without a mask drawn where masks are inverted', async () => {
  await open({ mask: '', invert_mask: true });
  await choose(2);
  await answer('init', 0);
  await click('Fill');
  await used();
  expect(doc().values.mask).toBe('upload:sent2\nupload:sent1');
  expect([sent[0]?.data[0], sent[1]?.data[0]]).toEqual([255, 0]);
});

it('shows no sheet of another stage where one cannot be opened', async () => {
  await open({ mask: 'upload:one\nupload:two' });
  await answer('one', 50);
  expect(canvas()).not.toBeNull();
  await choose(2);
  // Until it is there, the mask of stage 1 is none for stage 2.
  expect(enabled('Use this mask')).toBe(false);
  await fail('init');
  expect(canvas()).toBeNull();
  expect(problem()).toContain('no longer on the server');
  await choose(1);
  await answer('init', 0);
  await answer('one', 50);
  expect(problem()).toBe('');
  expect((await used())?.data[0]).toBe(50);
});

it('begins an empty mask where the one of before is gone, and says so', async () => {
  await open({ mask: 'upload:gone' });
  await fail('gone');
  expect(canvas()).not.toBeNull();
  expect(problem()).toContain('begins empty');
  await draw(16, 16);
  const mask = await used();
  expect([mask?.data[16 * side + 16], mask?.data[0]]).toEqual([255, 0]);
});

it('keeps what was drawn while another mask was loading', async () => {
  await open({ mask: 'upload:one\nupload:two' });
  await answer('one', 0);
  await choose(2);
  await answer('init', 0);
  await mouse('pointerdown', 16, 16);
  await answer('two', 50);
  await mouse('pointerup', 16, 16);
  const mask = await used();
  expect([mask?.data[16 * side + 16], mask?.data[0]]).toEqual([255, 0]);
  expect(doc().values.mask).toBe('upload:one\nupload:sent1');
});

it('takes no keys for the mask during a stroke', async () => {
  await open({ mask: '' });
  await draw(4, 4);
  await mouse('pointerdown', 16, 16);
  await press('i');
  await press('z', { ctrlKey: true });
  await press(' ');
  await mouse('pointermove', 24, 16);
  await mouse('pointerup', 24, 16);
  const mask = await used();
  const at = (x: number, y: number) => mask?.data[y * side + x];
  const marked = () => [at(4, 4), at(16, 16), at(24, 16), at(30, 30)];
  expect(marked()).toEqual([255, 255, 255, 0]);
  await click('Undo');
  expect(marked()).toEqual([255, 0, 0, 0]);
});

it('has letters for keys only where the visitor wants them', async () => {
  await open({ mask: '' });
  ui.set({ letterKeys: false });
  await press('f');
  await press(']');
  expect(enabled('Undo')).toBe(false);
  await draw(16, 16);
  await press('z', { ctrlKey: true });
  expect(enabled('Redo')).toBe(true);
  ui.set({ letterKeys: true });
  await press('f');
  expect((await used())?.data[0]).toBe(255);
});

it('keeps the place of the keys while the mouse comes and goes', async () => {
  await open({ mask: '' });
  await press('ArrowRight');
  const left = ringLeft();
  expect(left).toBeDefined();
  await mouse('pointermove', 2, 2);
  expect(ringLeft()).not.toBe(left);
  await act(() => void canvas()?.dispatchEvent(new PointerEvent('pointerleave')));
  expect(ringLeft()).toBe(left);
});

it('does not ask where strokes changed nothing, and asks at every Escape where they did', async () => {
  const escape = () => press('Escape').then((event) => event.defaultPrevented);
  await open({ mask: '' });
  await click('Erase');
  await draw(16, 16);
  expect(enabled('Undo')).toBe(false);
  expect(await escape()).toBe(false);
  await click('Brush');
  await draw(16, 16);
  expect([await escape(), await escape()]).toEqual([true, true]);
  expect(root.textContent).toContain('is not in the form yet');
  expect(ui.get().dialog).toBe('mask');
});
