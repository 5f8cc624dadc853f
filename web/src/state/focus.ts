// Puts the focus where something is to be done.

import { sections } from '../model/fields';
import { ui } from './ui';

/** Where the problems of fields without a control of their own are shown. */
const places: Record<string, string> = {
  prompt: 'stage-prompt',
  negative_prompt: 'stage-negative',
  travel_steps: 'stage-prompt',
};

function focusField(field: string): boolean {
  const id = places[field] ?? `field-${field}`;
  const control = document.getElementById(id) ?? document.getElementById(`text-${field}`);
  control?.focus();
  control?.scrollIntoView({ block: 'center' });
  return control !== null;
}

/** Goes to a field's control; opens the sections when it is in a closed one. */
export function goToProblem(field: string): void {
  if (focusField(field)) return;
  ui.set({ openSections: ['model', ...sections.map(({ id }) => id), 'more'] });
  // The sections are drawn first.
  setTimeout(() => focusField(field), 60);
}
