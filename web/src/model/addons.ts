// Which add-ons a search shows, and which of them fit the model.

import type { Addon } from '../api/types';

export type AddonKind = Addon['kind'];

export const addonKinds: { kind: AddonKind; title: string }[] = [
  { kind: 'lora', title: 'LoRA' },
  { kind: 'embedding', title: 'Embeddings' },
  { kind: 'hypernetwork', title: 'Hypernetworks' },
];

/** Those of a kind in whose names or words all parts of the search are. */
export function searched(addons: Addon[], kind: AddonKind, search: string): Addon[] {
  const parts = search.toLowerCase().split(/\s+/).filter(Boolean);
  return addons.filter((addon) => {
    if (addon.kind !== kind) return false;
    const { folder, name, alias, family, activation, description } = addon;
    const text = [folder, name, alias, family, activation, description].join(' ').toLowerCase();
    return parts.every((part) => text.includes(part));
  });
}

/**
 * Why a model whose texts are `width` wide (0: not known) cannot be drawn with it; empty where it
 * fits, or nobody knows.
 */
export function unfit(addon: Addon, width: number): string {
  if (addon.refusal !== '') return addon.refusal;
  if (width === 0 || addon.text_widths.length === 0 || addon.text_widths.includes(width)) return '';
  return `is for ${addon.family}, not for this checkpoint`;
}

/** Two letters in place of a picture. */
export function initials(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const letters = words.length > 1 ? words.map((word) => [...word][0]) : [...(words[0] ?? name)];
  return letters.slice(0, 2).join('');
}
