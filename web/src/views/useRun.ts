import { useMemo } from 'preact/hooks';

import type { Job } from '../api/types';
import { player } from '../state/player';
import { server, shownFrames } from '../state/server';
import { useStore } from '../state/store';

/** The run that is looked at. */
export function useShownRun(): Job | undefined {
  const id = useStore(player, (state) => state.job);
  return useStore(server, (state) => (id === null ? undefined : state.jobs.get(id)));
}

/** Its frames that can be shown, in order. */
export function useFrames(job: Job | undefined): number[] {
  const there = useStore(server, (state) => (job ? state.frames.get(job.id) : undefined));
  return useMemo(
    () => shownFrames(server.get(), job),
    [job?.id, job?.state, job?.frames_total, there],
  );
}
