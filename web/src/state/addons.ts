// The add-ons that the server has found: asked for when they are shown first.

import { call } from '../api/client';
import type { Addon, AddonList } from '../api/types';
import { hasAddon, withAddon, withoutAddon } from '../model/addonTags';
import { setStage } from '../model/edit';
import { inheritedNegative } from '../model/pictures';
import { doc, update } from './form';
import { say, sayError } from './messages';
import { onServerEvent } from './server';
import { createStore } from './store';

export interface Addons {
  /** Null: not asked for yet. */
  all: Addon[] | null;
  /** How wide the texts of each model are, by its name; 0: not known. */
  textWidths: Record<string, number>;
  /** Why there is no list; empty when there is. */
  problem: string;
}

export const addons = createStore<Addons>({ all: null, textWidths: {}, problem: '' });

async function ask(): Promise<void> {
  try {
    const answer = await call<AddonList>('GET', '/addons');
    const told: Addons = { all: answer.addons, textWidths: answer.text_widths, problem: '' };
    // Where the same is told again nothing is shown anew.
    addons.set((known) => (JSON.stringify(known) === JSON.stringify(told) ? known : told));
  } catch (error) {
    addons.set({ problem: error instanceof Error ? error.message : String(error) });
  }
}

let loading: Promise<void> | null = null;
/** Something has changed since the request under way was sent. */
let again = false;

async function askUntilCurrent(): Promise<void> {
  do {
    again = false;
    await ask();
  } while (again);
  loading = null;
}

/** Asks for the list, one request at a time: the newest answer is the last. */
export function loadAddons(): Promise<void> {
  again = loading !== null;
  loading ??= askUntilCurrent();
  return loading;
}

let follows = false;
let shown = false;
/** Models have changed while nobody looked at add-ons. */
let stale = false;

/**
 * The add-ons are shown from now on, until the function that is returned is called: they are asked for
 * where that has not been done, and again when models change.
 */
export function showAddons(): () => void {
  shown = true;
  if (!follows) {
    follows = true;
    onServerEvent((event) => {
      if (event.name !== 'models') return;
      if (shown) void loadAddons();
      else stale = true;
    });
  }
  if (addons.get().all === null || stale) {
    stale = false;
    void loadAddons();
  }
  return () => {
    shown = false;
  };
}

/** Looks again into the folders, and says what is there. */
export async function reloadAddons(): Promise<void> {
  await loadAddons();
  const { all, problem } = addons.get();
  if (problem !== '') sayError(new Error(problem));
  else say(`${all?.length ?? 0} add-ons in the models folders.`);
}

/** Which prompts a click changes. */
export interface AddonTarget {
  /** The stage's key; null: all stages. */
  stage: string | null;
  negative: boolean;
}

/** The texts that a target means, stage by stage. */
export function targetTexts(target: AddonTarget): string[] {
  const present = doc();
  return present.stages.flatMap((stage, i) => {
    if (target.stage !== null && target.stage !== stage.key) return [];
    return target.negative ? [stage.negative ?? inheritedNegative(present, i)] : [stage.prompt];
  });
}

/** Puts an add-on into the texts of a target; takes it out where all of them have it. */
export function toggleAddon(addon: Addon, target: AddonTarget): void {
  const remove = targetTexts(target).every((text) => hasAddon(text, addon));
  const change = remove ? withoutAddon : withAddon;
  update((now) =>
    now.stages.reduce((next, stage, i) => {
      if (target.stage !== null && target.stage !== stage.key) return next;
      if (!target.negative) return setStage(next, stage.key, { prompt: change(stage.prompt, addon) });
      // A stage that follows the one before goes on doing so where all change.
      if (target.stage === null && i > 0 && stage.negative === null) return next;
      const own = stage.negative ?? inheritedNegative(now, i);
      return setStage(next, stage.key, { negative: change(own, addon) });
    }, now),
  );
}
