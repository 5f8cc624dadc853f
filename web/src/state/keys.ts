// Keys that act anywhere on the page. Each of them has a visible control, too.

import { openCompare } from '../views/Compare';
import { nextMode } from './compare';
import { redoForm, takeSettings, undoForm } from './form';
import { say } from './messages';
import { currentFrames, player, showEnd, stepFrame, stepStage, togglePlay } from './player';
import { cancel, runName, submit } from './runs';
import { server } from './server';
import { ui } from './ui';

const editable =
  'input:not([type=checkbox]):not([type=range]):not([type=button]), textarea, select, [contenteditable]';

function shownJob() {
  const { job } = player.get();
  return job === null ? undefined : server.get().jobs.get(job);
}

let escapedAt = 0;

/** Escape with nothing to close: asks once, then cancels the run in work. */
function escape(): void {
  if (player.get().view === 'compare') {
    player.set({ view: 'frames' });
    return;
  }
  const { queue, jobs } = server.get();
  const current = queue.current === null ? undefined : jobs.get(queue.current);
  if (!current) return;
  if (Date.now() - escapedAt < 3000) {
    escapedAt = 0;
    void cancel(current);
  } else {
    escapedAt = Date.now();
    say(`Press Esc again to cancel ${runName(current).toLowerCase()}.`);
  }
}

function take(part: 'seed' | 'prompts' | 'all'): void {
  const job = shownJob();
  if (job) takeSettings(job.request, part, runName(job));
}

function toggleCompare(): void {
  const job = shownJob();
  const frames = currentFrames();
  if (player.get().view === 'compare') player.set({ view: 'frames' });
  else if (job && frames.length > 1) openCompare(job, frames);
}

/** Keys without Ctrl, outside text fields. */
const plain: Record<string, () => void> = {
  ' ': togglePlay,
  ',': () => stepFrame(-1),
  '.': () => stepFrame(1),
  Home: () => showEnd('first'),
  End: () => showEnd('last'),
  '[': () => stepStage(-1),
  ']': () => stepStage(1),
  c: toggleCompare,
  m: () => {
    if (player.get().view === 'compare') nextMode();
  },
  s: () => take('seed'),
  p: () => take('prompts'),
  a: () => take('all'),
  t: () => ui.set({ textView: !ui.get().textView }),
  '/': () => document.getElementById('search-runs')?.focus(),
  '?': () => ui.set({ dialog: 'keys' }),
};

function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  const command = event.ctrlKey || event.metaKey;
  if (ui.get().dialog !== null) return;
  if (event.key === 'Enter' && command) {
    event.preventDefault();
    if (!event.repeat) void submit(event.shiftKey);
    return;
  }
  if (event.key === 'Escape') {
    document.body.dataset.quietHelp = '';
    // A key that is held down, as when it has just closed a dialog, is one step.
    if (!event.repeat) escape();
    return;
  }
  const writing = target.matches(editable);
  if (command && event.key.toLowerCase() === 'z' && !writing) {
    event.preventDefault();
    if (event.shiftKey) redoForm();
    else undoForm();
    return;
  }
  if (writing || command || event.altKey) return;
  const action = plain[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  const letter = event.key.length === 1 && event.key !== ' ';
  if (letter && !ui.get().letterKeys) return;
  // Space presses what has the focus; ranges have Home and End of their own.
  if (event.key === ' ' && target.matches('button, summary, a, [type=checkbox]')) return;
  if (
    (event.key === 'Home' || event.key === 'End') &&
    (target.matches('[type=range]') || !shownJob())
  )
    return;
  event.preventDefault();
  action();
}

export function listenForKeys(): void {
  window.addEventListener('keydown', onKey);
  window.addEventListener('focusin', () => delete document.body.dataset.quietHelp);
}
