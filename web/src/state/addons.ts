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

let follows = false;

/** Asks for the list; from then on it is asked for again when models change. */
export async function loadAddons(): Promise<void> {
  if (!follows) {
    follows = true;
    onServerEvent((event) => {
      if (event.name === 'models') void loadAddons();
    });
  }
  try {
    const answer = await call<AddonList>('GET', '/addons');
    addons.set({ all: answer.addons, textWidths: answer.text_widths, problem: '' });
  } catch (error) {
    addons.set({ problem: error instanceof Error ? error.message : String(error) });
  }
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
