import { useEffect, useState } from 'preact/hooks';

import type { Job } from '../api/types';
import { progressOf, type ShownProgress } from '../model/progress';
import { cancel } from '../state/runs';
import { isInWork, server } from '../state/server';
import { useStore } from '../state/store';

/** How far a run in work is; also for the tab's title. */
export function useProgress(job: Job | undefined): ShownProgress | null {
  const progress = useStore(server, (state) =>
    job && state.progress?.id === job.id ? state.progress : null,
  );
  return job && isInWork(job) ? progressOf(job, progress) : null;
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
      <Announcer part={progress.frames ? progress.part : 0} />
    </div>
  );
}
