// @vitest-environment happy-dom
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { beforeEach, describe, expect, it } from 'vitest';

import type { Bootstrap } from '../api/types';
import { field } from '../model/testing';
import { doc, form } from '../state/form';
import { server } from '../state/server';
import { FieldControl } from './FieldControl';

const fields = [
  field('steps', {
    kind: 'integer',
    label: 'Sampling steps',
    minimum: 1,
    maximum: 1000,
    default: 20,
  }),
  field('format', { kind: 'choice', choices: ['mp4', 'gif'], default: 'mp4' }),
  field('loop', { kind: 'boolean', label: 'Loop', default: false }),
  field('cfg_scale', { kind: 'numbers', default: 7 }),
  field('pick', { example: '::2' }),
];

let root: HTMLElement;

async function show(name: string): Promise<HTMLInputElement> {
  await act(() => render(<FieldControl name={name} />, root));
  return root.querySelector(`#field-${name}`) as HTMLInputElement;
}

async function type(control: HTMLInputElement, text: string, kind = 'input'): Promise<void> {
  await act(() => {
    control.value = text;
    control.dispatchEvent(new Event(kind, { bubbles: true }));
  });
}

beforeEach(() => {
  root = document.createElement('div');
  document.body.replaceChildren(root);
  server.set({ boot: { fields, defaults: {} } as unknown as Bootstrap });
  form.set({ problems: [] });
});

describe('FieldControl', () => {
  it('is made from the server’s description, with label and help tied to it', async () => {
    const control = await show('steps');
    expect(root.querySelector('label')?.htmlFor).toBe('field-steps');
    expect(root.querySelector('label')?.textContent).toBe('Sampling steps');
    const help = control.getAttribute('aria-describedby') ?? '';
    expect(document.getElementById(help)?.textContent).toContain('What steps does');
    expect([control.min, control.max, control.value]).toEqual(['1', '1000', '20']);
  });

  it('shows a problem at its field in the server’s words', async () => {
    await act(() =>
      form.set({ problems: [{ field: 'steps', message: '"0", expected 1 to 1000' }] }),
    );
    const control = await show('steps');
    expect(control.getAttribute('aria-invalid')).toBe('true');
    const message = document.getElementById(control.getAttribute('aria-errormessage') ?? '');
    expect(message?.textContent).toBe('"0", expected 1 to 1000');
  });

  it('puts numbers, choices, switches and lists into the form', async () => {
    await type(await show('steps'), '30');
    await type(await show('format'), 'gif', 'change');
    const loop = await show('loop');
    await act(() => loop.click());
    await type(await show('pick'), '::3');
    expect(doc().values).toMatchObject({ steps: 30, format: 'gif', loop: true, pick: '::3' });
  });

  it('is absent where the server has no such field', async () => {
    expect(await show('unheard_of')).toBeNull();
    expect(root.textContent).toBe('');
  });
});
