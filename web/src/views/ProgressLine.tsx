import { useEffect, useState } from 'preact/hooks';

import type { Job } from '../api/types';
import { amount, bytes, duration } from '../model/format';
import { cancel } from '../state/runs';
import { isInWork, server } from '../state/server';
import { useStore } from '../state/store';

const activities: Record<string, string> = {
  loading: 'Loading the model',
  drawing: 'Drawing',
  assembling: 'Making the video',
};

/** The part of a run that is done, and its words; also for the tab's title. */
export function useProgress(
  job: Job | undefined,
): { part: number; text: string; left: string } | null {
  const progress = useStore(server, (state) =>
    job && state.progress?.id === job.id ? state.progress : null,
  );
  if (!job || !isInWork(job)) return null;
  const total = job.frames_total ?? 0;
  if (job.state === 'drawing' && total > 0) {
    const inFrame = progress?.steps ? (progress.step ?? 0) / progress.steps : 0;
    const part = Math.min(1, (job.frames_done + inFrame) / total);
    return { part, text: `frame ${job.frames_done} / ${total}`, left: leftText(progress) };
  }
  const part = progress && progress.total > 0 ? progress.done / progress.total : 0;
  const activity = progress?.activity || activities[job.state] || job.state;
  const size =
    progress?.unit === 'bytes' && progress.total > 0
      ? `${bytes(progress.done)} of ${bytes(progress.total)}`
      : '';
  return { part, text: activity, left: size };
}

function leftText(
  progress: { rate: number | null; unit: string; seconds_left: number | null } | null,
): string {
  if (!progress) return '';
  const rate = progress.rate ? `${amount(progress.rate)} ${progress.unit || 'frames'}/s` : '';
  const left = progress.seconds_left === null ? '' : `${duration(progress.seconds_left)} left`;
  return [rate, left].filter(Boolean).join(' · ');
}

/** Says 25, 50, 75 and 100 % to screen readers, not every frame. */
function Announcer({ part }: { part: number }) {
  const [quarter, setQuarter] = useState(0);
  useEffect(() => setQuarter(Math.floor(part * 4)), [Math.floor(part * 4)]);
  return (
    <span class="hidden" role="status">
      {quarter > 0 ? `${quarter * 25} % drawn` : ''}
    </span>
  );
}

/** How far the run in work is, with Cancel beside it. */
export function ProgressLine({ job }: { job: Job }) {
  const progress = useProgress(job);
  if (!progress) return null;
  const percent = Math.round(progress.part * 100);
  return (
    <div class="progress">
      <div
        class="progress-bar"
        role="progressbar"
        aria-label={`Run ${job.number}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={[progress.text, progress.left].filter(Boolean).join(', ')}
      >
        <span style={{ transform: `scaleX(${progress.part})` }} />
      </div>
      <div class="progress-line">
        <span class="progress-text">{progress.text}</span>
        <span class="quiet">{progress.left}</span>
        <button type="button" class="button" onClick={() => void cancel(job)}>
          Cancel
        </button>
      </div>
      <Announcer part={progress.part} />
    </div>
  );
}
