// Checkpoints and VAEs as one chooses among them: what stands in a line, and which ones a search finds.

import type { Model } from '../api/types';
import { bytes } from './format';

export interface Choice {
  /** What the field becomes. */
  value: string;
  title: string;
  /** What it is, in a few words. */
  about: string;
  picture: string | null;
  /** Why it cannot be used; empty when it can. */
  refusal: string;
}

function choiceOf(model: Model): Choice {
  const { title, refusal, picture } = model;
  const about = [model.is_default ? 'the default' : '', model.family, bytes(model.bytes)];
  return {
    value: model.is_default ? '' : model.name,
    title,
    about: about.filter(Boolean).join(' · '),
    picture,
    refusal: model.supported ? '' : refusal || 'cannot be used',
  };
}

/** The default model first, as the server lists them. */
export function checkpointChoices(models: Model[]): Choice[] {
  return models.map(choiceOf);
}

export function vaeChoices(vaes: Model[]): Choice[] {
  const own = { picture: null, refusal: '' };
  return [
    {
      value: '',
      title: 'automatic',
      about: 'the one that bears the checkpoint’s name, else the checkpoint’s own',
      ...own,
    },
    { value: 'none', title: 'none', about: 'the checkpoint’s own', ...own },
    ...vaes.map(choiceOf),
  ];
}

/** Those in whose words all parts of the search are. */
export function searchedChoices(choices: Choice[], search: string): Choice[] {
  const parts = search.toLowerCase().split(/\s+/).filter(Boolean);
  return choices.filter((choice) => {
    const text = `${choice.title} ${choice.about} ${choice.refusal}`.toLowerCase();
    return parts.every((part) => text.includes(part));
  });
}

const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };

/** The place in a list of `count` that a key leads to; null: it is no key for that. */
export function placeAfter(key: string, place: number, count: number): number | null {
  const step = steps[key];
  if (step === undefined || count === 0) return null;
  return Math.max(0, Math.min(count - 1, place + step));
}
