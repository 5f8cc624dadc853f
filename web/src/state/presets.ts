// Presets: forms that the server keeps by name.

import { call } from '../api/client';
import type { RequestValues } from '../api/types';
import { formRequest, takeSettings } from './form';
import { say } from './messages';
import { createStore } from './store';

export interface Preset {
  name: string;
  request: RequestValues;
}

/** `gone`: the one that was deleted or replaced last, as it was. */
export interface Presets {
  presets: Preset[];
  loaded: boolean;
  gone: { preset: Preset; how: 'deleted' | 'replaced' } | null;
}

export const presets = createStore<Presets>({ presets: [], loaded: false, gone: null });

const address = (name: string) => `/presets/${encodeURIComponent(name)}`;

function others(name: string): Preset[] {
  return presets.get().presets.filter((each) => each.name !== name);
}

function keep(preset: Preset): void {
  const all = [...others(preset.name), preset].sort((a, b) => (a.name < b.name ? -1 : 1));
  presets.set({ presets: all });
}

function find(name: string): Preset | undefined {
  return presets.get().presets.find((each) => each.name === name);
}

/** Throws ApiError or ConnectionError, like the others below. */
export async function loadPresets(): Promise<void> {
  presets.set({ gone: null });
  const answer = await call<{ presets: Preset[] }>('GET', '/presets');
  presets.set({ presets: answer.presets, loaded: true });
}

async function put(preset: Preset): Promise<void> {
  await call('PUT', address(preset.name), { body: { request: preset.request } });
  keep(preset);
}

/** Keeps the form under a name; one of that name is replaced, and can be had back. */
export async function savePreset(name: string): Promise<void> {
  const before = find(name);
  await put({ name, request: formRequest() });
  presets.set({ gone: before ? { preset: before, how: 'replaced' } : null });
  say(`Preset “${name}” is kept.`);
}

export async function deletePreset(preset: Preset): Promise<void> {
  await call('DELETE', address(preset.name));
  presets.set({ presets: others(preset.name), gone: { preset, how: 'deleted' } });
}

/** Brings back what was deleted or replaced last. */
export async function undoPreset(): Promise<void> {
  const { gone } = presets.get();
  if (!gone) return;
  await put(gone.preset);
  presets.set({ gone: null });
}

export function choosePreset(preset: Preset): void {
  takeSettings(preset.request, 'all', `preset “${preset.name}”`);
}
