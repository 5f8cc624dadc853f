import type { Job } from '../api/types';
import { takeSettings } from '../state/form';
import { chooseRun } from '../state/player';
import {
  cancel,
  continueRun,
  fileAddress,
  moveBefore,
  remove,
  rename,
  retry,
  runName,
  toFront,
} from '../state/runs';
import { isInWork, server } from '../state/server';
import { ui } from '../state/ui';
import type { MenuItem } from './Menu';

/** The request as a file that `prompt-travel render --config` could not mistake: plain JSON. */
function requestFile(job: Job): string {
  return `data:application/json;charset=utf-8,${encodeURIComponent(JSON.stringify(job.request, null, 2))}`;
}

export function downloads(job: Job): MenuItem[] {
  const items: MenuItem[] = [];
  const stem = `travel-${job.folder ?? job.number}`;
  if (job.video !== null) {
    items.push({
      label: `Video (${job.video})`,
      href: fileAddress(job, job.video),
      download: job.video,
    });
  }
  if (job.frames_done > 0) {
    items.push({
      label: 'Frames (zip)',
      href: `/api/v1/jobs/${job.id}/zip`,
      download: `${stem}.zip`,
    });
  }
  if (job.contact_sheet !== null) {
    items.push({
      label: 'Contact sheet',
      href: fileAddress(job, job.contact_sheet),
      download: job.contact_sheet,
    });
  }
  items.push({ label: 'Request (JSON)', href: requestFile(job), download: `${stem}.json` });
  return items;
}

function queueItems(job: Job): MenuItem[] {
  const { waiting } = server.get().queue;
  const at = waiting.indexOf(job.id);
  const items: MenuItem[] = [];
  if (at > 0) {
    items.push({ label: 'To the front', run: () => void toFront(job) });
    const before = waiting[at - 1];
    if (before !== undefined)
      items.push({ label: 'One place up', run: () => void moveBefore(job, before) });
  }
  return items;
}

/** What can be done with a run, by its state. */
export function runItems(job: Job): MenuItem[] {
  const name = runName(job);
  const items: MenuItem[] = [
    { label: 'Show', run: () => chooseRun(job.id) },
    { label: 'Run again with changes', run: () => runAgain(job) },
    { label: 'Take over prompts', run: () => takeSettings(job.request, 'prompts', name) },
    { label: 'Take over seed', run: () => takeSettings(job.request, 'seed', name) },
    { label: 'Take over size', run: () => takeSettings(job.request, 'size', name) },
    { label: 'Rename…', run: () => askName(job) },
    ...queueItems(job),
  ];
  if (job.state === 'queued' || isInWork(job))
    items.push({ label: 'Cancel', run: () => void cancel(job) });
  if (job.state === 'cancelled')
    items.push({ label: 'Continue', run: () => void continueRun(job) });
  if (job.state === 'failed') items.push({ label: 'Retry', run: () => void retry(job) });
  if (job.frames_done > 0) {
    items.push({
      label: 'Another video…',
      run: () => ui.set({ dialog: 'video', dialogJob: job.id }),
    });
  }
  items.push(
    ...downloads(job).map((item) => ({
      ...item,
      label: `Download ${item.label.replace(/^./, (c) => c.toLowerCase())}`,
    })),
  );
  if (!isInWork(job)) items.push({ label: 'Delete', danger: true, run: () => void remove(job) });
  return items;
}

/** All settings of a run into the form, with the cursor in the prompt. */
export function runAgain(job: Job): void {
  takeSettings(job.request, 'all', runName(job));
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>('#stage-prompt, #text-prompt')?.focus(),
  );
}

function askName(job: Job): void {
  ui.set({ dialog: 'name', dialogJob: job.id });
}

export async function saveName(job: Job, name: string): Promise<void> {
  await rename(job, name.trim());
}
