// How far a run in work is, in words.

import type { Job, ProgressEvent } from '../api/types';
import { amount, bytes, duration } from './format';

const activities: Record<string, string> = {
  loading: 'Loading the model',
  drawing: 'Drawing',
  assembling: 'Making the video',
};

export interface ShownProgress {
  /** From 0 to 1. */
  part: number;
  text: string;
  /** How fast it goes, and how long it still takes. */
  left: string;
  /** The same in a few characters, for the tab's title. */
  title: string;
  /** Whether `part` is that of the film's frames. */
  frames: boolean;
}

function leftText(progress: ProgressEvent | null): string {
  if (!progress) return '';
  const rate = progress.rate ? `${amount(progress.rate)} ${progress.unit || 'frames'}/s` : '';
  const left = progress.seconds_left === null ? '' : `${duration(progress.seconds_left)} left`;
  return [rate, left].filter(Boolean).join(' · ');
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/** `progress`: the last one told of this run. */
export function progressOf(job: Job, progress: ProgressEvent | null): ShownProgress {
  const inPicture = progress?.steps ? (progress.step ?? 0) / progress.steps : 0;
  const total = job.frames_total ?? 0;
  if (job.state === 'drawing' && progress?.unit === 'pictures' && progress.total > 0) {
    // Pictures that are looked at before it is known which of them are the film's frames.
    const part = Math.min(1, progress.done / progress.total);
    const done = Math.floor(progress.done);
    const count = `${done} / ${progress.total} pictures`;
    const seconds = progress.seconds_left;
    const left = seconds === null ? count : `${count} · ${duration(seconds)} left`;
    const title = `pace ${done}/${progress.total}`;
    return { part, text: capital(progress.activity), left, title, frames: false };
  }
  const frames = total > 0 ? `${job.frames_done}/${total}` : '…';
  if (job.state === 'drawing' && total > 0) {
    const part = Math.min(1, (job.frames_done + inPicture) / total);
    const text = `frame ${job.frames_done} / ${total}`;
    return { part, text, left: leftText(progress), title: frames, frames: true };
  }
  const part = progress && progress.total > 0 ? progress.done / progress.total : 0;
  const activity = progress?.activity || activities[job.state] || job.state;
  const size =
    progress?.unit === 'bytes' && progress.total > 0
      ? `${bytes(progress.done)} of ${bytes(progress.total)}`
      : '';
  return { part, text: capital(activity), left: size, title: frames, frames: false };
}
