import type { Job } from '../api/types';
import { timecode } from '../model/format';
import { player, showFrame, speeds, stepFrame, stepStage, togglePlay } from '../state/player';
import { useStore } from '../state/store';
import { Pause, Play, StageBack, StageOn, StepBack, StepOn } from './icons';

function IconButton(props: {
  label: string;
  onClick: () => void;
  children: preact.ComponentChildren;
  disabled?: boolean;
}) {
  return (
    <button
      type="button"
      class="button button-icon button-quiet"
      aria-label={props.label}
      title={props.label}
      disabled={props.disabled ?? false}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}

/** Play, step, scrub, speed, loop and ping-pong. */
export function PlayerControls({ job, frames }: { job: Job; frames: number[] }) {
  const state = useStore(player, (all) => all);
  const fps = job.fps || 10;
  const total = job.frames_total ?? frames.length;
  const few = frames.length < 2;
  return (
    <div class="player" role="group" aria-label="Player">
      <div class="player-row">
        <IconButton label="Stage before" onClick={() => stepStage(-1)} disabled={few}>
          <StageBack />
        </IconButton>
        <IconButton label="One frame back" onClick={() => stepFrame(-1)} disabled={few}>
          <StepBack />
        </IconButton>
        <button
          type="button"
          class="button button-play"
          aria-label={state.playing ? 'Pause' : 'Play'}
          title="Space"
          disabled={few}
          onClick={togglePlay}
        >
          {state.playing ? <Pause /> : <Play />}
        </button>
        <IconButton label="One frame on" onClick={() => stepFrame(1)} disabled={few}>
          <StepOn />
        </IconButton>
        <IconButton label="Next stage" onClick={() => stepStage(1)} disabled={few}>
          <StageOn />
        </IconButton>
        <span class="player-spring" />
        <span class="player-time">
          {timecode(state.frame / fps)} <span class="quiet">/ {timecode(total / fps)}</span>
        </span>
      </div>
      <div class="player-row">
        <input
          class="scrubber"
          type="range"
          aria-label="Frame"
          aria-valuetext={`Frame ${state.frame} of ${total}`}
          min={0}
          max={Math.max(1, total - 1)}
          step={1}
          value={state.frame}
          disabled={few}
          onInput={(event) => {
            const wanted = Number(event.currentTarget.value);
            const nearest = frames.reduce(
              (best, each) => (Math.abs(each - wanted) < Math.abs(best - wanted) ? each : best),
              frames[0] ?? 0,
            );
            showFrame(nearest);
          }}
        />
        <label class="player-speed">
          <span class="hidden">Speed</span>
          <select
            class="select select-small"
            value={String(state.speed)}
            onChange={(event) => player.set({ speed: Number(event.currentTarget.value) })}
          >
            {speeds.map((speed) => (
              <option key={speed} value={String(speed)}>
                {speed}×
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          class="toggle"
          aria-pressed={state.loop}
          onClick={() => player.set({ loop: !state.loop })}
        >
          Loop
        </button>
        <button
          type="button"
          class="toggle"
          aria-pressed={state.pingPong}
          onClick={() => player.set({ pingPong: !state.pingPong })}
        >
          Ping-pong
        </button>
      </div>
    </div>
  );
}
