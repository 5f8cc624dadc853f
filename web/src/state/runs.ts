// What can be done with runs. Every action says what it did, and how to take it back.

import { ApiError, call, callUntilAnswered, newId } from '../api/client';
import type { Job } from '../api/types';
import { goToProblem } from './focus';
import { askDryRun, doc, form, formRequest } from './form';
import { problemText } from './problems';
import { say, sayError } from './messages';
import { player, showRun } from './player';
import { forgetJob, learnAnswer, server, timesTold } from './server';
import { createStore } from './store';
import { ui } from './ui';

/** Submissions that the server has not answered yet, e.g. while the connection is lost. */
export const submissions = createStore<{ waiting: number }>({ waiting: 0 });

export function runName(job: Job): string {
  return `Run ${job.number}`;
}

/** Why the form cannot run, in words for beside the button; null when it can. */
export function obstacle(): string | null {
  const empty = doc().stages.findIndex((stage) => stage.prompt.trim() === '');
  if (empty >= 0) return `stage ${empty + 1} is empty`;
  return null;
}

/** Adds the form to the queue. The id is made here, so repeating after a lost answer is harmless. */
export async function submit(front: boolean): Promise<void> {
  const problem = obstacle();
  if (problem !== null) {
    const empty = doc().stages.find((stage) => stage.prompt.trim() === '');
    ui.set({ stage: empty?.key ?? null });
    say(`Not run: ${problem}.`, { kind: 'error' });
    return;
  }
  const body = { id: newId(), front, request: formRequest() };
  const submitted = doc();
  submissions.set((state) => ({ waiting: state.waiting + 1 }));
  try {
    const job = await callUntilAnswered<Job>('POST', '/jobs', { body });
    learnAnswer(job, 0);
    const busy = server.get().queue.current !== null && server.get().queue.current !== job.id;
    if (busy && job.place !== null) {
      say(`${runName(job)} waits in the queue.`, {
        action: { label: 'Show', run: () => showRun(job.id) },
      });
    } else {
      showRun(job.id);
      player.set({ followQueue: true });
    }
  } catch (error) {
    if (error instanceof ApiError && error.problems.length > 0 && doc() === submitted) {
      form.set({ problems: error.problems });
      const one = error.problems[0];
      say(`Not run: ${one ? problemText(one) : error.message}`, { kind: 'error' });
      if (one) goToProblem(one);
    } else {
      sayError(error);
    }
  } finally {
    submissions.set((state) => ({ waiting: state.waiting - 1 }));
    askDryRun();
  }
}

async function act(job: Job, action: string, body?: unknown): Promise<Job | null> {
  try {
    const before = timesTold(job.id);
    const options = body === undefined ? {} : { body };
    const after = await callUntilAnswered<Job>('POST', `/jobs/${job.id}/${action}`, options);
    learnAnswer(after, before);
    return after;
  } catch (error) {
    sayError(error);
    return null;
  }
}

export async function cancel(job: Job): Promise<void> {
  const after = await act(job, 'cancel');
  if (!after) return;
  const kept = after.frames_done > 0 ? ` ${after.frames_done} frames are kept.` : '';
  say(`${runName(job)} cancelled.${kept}`, {
    action: { label: 'Continue', run: () => void continueRun(after) },
  });
}

export async function continueRun(job: Job): Promise<void> {
  const after = await act(job, 'continue');
  if (after) showRun(after.id);
}

export async function toFront(job: Job): Promise<void> {
  const after = await act(job, 'front');
  if (after) say(`${runName(job)} is next.`);
}

/** Puts a waiting run before another one. */
export async function moveBefore(job: Job, other: string): Promise<void> {
  await act(job, 'before', { other });
}

export async function retry(job: Job): Promise<void> {
  const again = await act(job, 'retry', { id: newId() });
  if (again) showRun(again.id);
}

export async function remove(job: Job): Promise<void> {
  try {
    await call<Job>('DELETE', `/jobs/${job.id}`);
    forgetJob(job.id);
    for (const listener of changed) listener();
    say(`${runName(job)} is in the trash.`, {
      action: { label: 'Undo', run: () => void restore(job) },
    });
  } catch (error) {
    sayError(error);
  }
}

export async function restore(job: Job): Promise<void> {
  if (!(await act(job, 'restore'))) return;
  for (const listener of changed) listener();
  say(`${runName(job)} is back.`);
}

const changed = new Set<() => void>();

/** Calls back when a run left the list or came back. */
export function onListChanged(listener: () => void): () => void {
  changed.add(listener);
  return () => changed.delete(listener);
}

export async function rename(job: Job, name: string): Promise<void> {
  try {
    const before = timesTold(job.id);
    learnAnswer(await call<Job>('PATCH', `/jobs/${job.id}`, { body: { name } }), before);
  } catch (error) {
    sayError(error);
  }
}

export interface VideoSettings {
  fps: number;
  format: string;
  pad: number;
  hold: number | number[];
  ping_pong: boolean;
  pick: string;
  contact_sheet: boolean;
}

/** Another video of the frames that are there; returns its file's name, or throws ApiError. */
export async function exportVideo(job: Job, settings: Partial<VideoSettings>): Promise<string> {
  const { file } = await call<{ file: string }>('POST', `/jobs/${job.id}/video`, {
    body: settings,
  });
  const before = timesTold(job.id);
  learnAnswer(await call<Job>('GET', `/jobs/${job.id}`), before);
  // It may have the name of the one before.
  player.set((state) => ({ ...state, videosMade: state.videosMade + 1 }));
  return file;
}

export function fileAddress(job: Job, name: string): string {
  return `/api/v1/jobs/${job.id}/files/${encodeURIComponent(name)}`;
}

export function frameAddress(id: string, frame: number, width?: number): string {
  const address = `/api/v1/jobs/${id}/frames/${frame}`;
  return width === undefined ? address : `${address}?w=${width}`;
}
