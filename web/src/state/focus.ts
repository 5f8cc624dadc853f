// Puts the focus where something is to be done.

import type { Problem } from '../api/types';
import { sections } from '../model/fields';
import { say } from './messages';
import { problemText } from './problems';
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
export function goToProblem(problem: Problem): void {
  if (focusField(problem.field)) return;
  ui.set({ openSections: ['model', ...sections.map(({ id }) => id), 'more'] });
  // The sections are drawn first.
  setTimeout(() => {
    // A field that has no effect now has no control.
    if (!focusField(problem.field)) say(problemText(problem), { kind: 'error' });
  }, 60);
}
