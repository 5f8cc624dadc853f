import { plural, duration } from '../model/format';
import { frameTotal } from '../model/travel';
import { goToProblem } from '../state/focus';
import { form } from '../state/form';
import { fieldLabel } from '../state/problems';
import { obstacle, submissions, submit } from '../state/runs';
import { server } from '../state/server';
import { useStore } from '../state/store';

/** "26 frames · 2.6 s · about 8 s to draw", from the server's last count. */
export function useCounts(): { frames: string; film: string; time: string } {
  const present = useStore(form, (state) => state.history.present);
  const dry = useStore(form, (state) => state.dry);
  const defaults = useStore(server, (state) => state.boot?.defaults);
  const count = dry?.frame_count ?? frameTotal(present);
  const fps = Number(present.values.fps ?? defaults?.fps ?? 10);
  const seconds = dry?.seconds ?? (fps > 0 ? count / fps : null);
  const film =
    seconds === null || fps === 0 ? 'no video' : `${Number(seconds.toFixed(1))} s of video`;
  const estimate = dry?.estimate_seconds ?? null;
  const time = estimate === null ? 'time not known yet' : `about ${duration(estimate)} to draw`;
  return { frames: plural(count, 'frame'), film, time };
}

/** Run, and what it will do; it sticks to the bottom and never turns into something else. */
export function RunBar() {
  useStore(form, (state) => state.history.present);
  const problems = useStore(form, (state) => state.problems);
  const busy = useStore(server, (state) => state.queue.current !== null);
  const paused = useStore(server, (state) => state.queue.paused);
  const waiting = useStore(submissions, (state) => state.waiting);
  const counts = useCounts();
  const empty = obstacle();
  const trouble = problems[0];
  return (
    <div class="run-bar">
      <button
        type="button"
        class="button button-run"
        disabled={paused !== ''}
        onClick={() => void submit(false)}
      >
        Run <kbd>Ctrl+Enter</kbd>
      </button>
      {busy && (
        <button
          type="button"
          class="button"
          disabled={paused !== ''}
          onClick={() => void submit(true)}
        >
          Run next
        </button>
      )}
      <p class="run-note">
        {paused !== '' ? (
          <span class="wrong">The queue is paused: {paused}</span>
        ) : waiting > 0 ? (
          'Waiting for the server…'
        ) : empty !== null ? (
          <span class="wrong">{empty[0]?.toUpperCase() + empty.slice(1)}</span>
        ) : trouble ? (
          <button type="button" class="link wrong" onClick={() => goToProblem(trouble)}>
            {plural(problems.length, 'problem')}: {fieldLabel(trouble.field)}
          </button>
        ) : (
          <>
            {counts.frames}, {counts.time}
          </>
        )}
      </p>
    </div>
  );
}
