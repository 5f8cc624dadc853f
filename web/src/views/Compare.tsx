import { useEffect, useState } from 'preact/hooks';

import type { Job } from '../api/types';
import { firstWords } from '../model/format';
import { sameFraction } from '../model/travel';
import { compare, compareModes, type FramePick } from '../state/compare';
import { player } from '../state/player';
import { frameAddress, runName } from '../state/runs';
import { server, shownFrames } from '../state/server';
import { useStore } from '../state/store';
import { ui } from '../state/ui';

/** Opens the comparison of the shown frame with the stage's frame farthest from it. */
export function openCompare(job: Job, frames: number[]): void {
  const { frame } = player.get();
  const ends = [frames[0] ?? 0, frames[frames.length - 1] ?? 0];
  const far = ends.reduce(
    (best, each) => (Math.abs(each - frame) > Math.abs(best - frame) ? each : best),
    frame,
  );
  compare.set({ a: { id: job.id, frame }, b: { id: job.id, frame: far } });
  player.set({ view: 'compare', playing: false, follow: false });
}

/** Opens the comparison of two frames of one run. */
export function comparePair(id: string, a: number, b: number): void {
  compare.set({ a: { id, frame: a }, b: { id, frame: b } });
  player.set({ view: 'compare', playing: false, follow: false });
}

/** Which run and frame one side shows. */
function Side(props: { name: 'a' | 'b'; pick: FramePick; runs: Job[] }) {
  const { name, pick, runs } = props;
  const job = runs.find((each) => each.id === pick.id);
  const frames = shownFrames(server.get(), job);
  const set = (next: FramePick) => compare.set({ [name]: next });
  const change = (id: string) => {
    const other = runs.find((each) => each.id === id);
    const count = shownFrames(server.get(), other).length;
    set({ id, frame: sameFraction(pick.frame, frames.length, count) });
  };
  const letter = name.toUpperCase();
  return (
    <div class="compare-side">
      <span class="compare-letter">{letter}</span>
      <select
        class="select select-small"
        aria-label={`Run of ${letter}`}
        value={pick.id}
        onChange={(event) => change(event.currentTarget.value)}
      >
        {runs.map((each) => (
          <option key={each.id} value={each.id}>
            {runName(each)}: {firstWords(each.name || each.title, 28)}
          </option>
        ))}
      </select>
      <input
        type="range"
        aria-label={`Frame of ${letter}`}
        min={0}
        max={Math.max(1, frames.length - 1)}
        value={Math.max(0, frames.indexOf(pick.frame))}
        onInput={(event) => set({ ...pick, frame: frames[Number(event.currentTarget.value)] ?? 0 })}
      />
      <output class="number-text">{pick.frame}</output>
    </div>
  );
}

function Flicker({ a, b }: { a: string; b: string }) {
  const [second, setSecond] = useState(false);
  const hold = (on: boolean) => () => setSecond(on);
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey && ui.get().letterKeys;
      const writing = (event.target as HTMLElement).closest('input, textarea, select') !== null;
      if (plain && !writing && event.key.toLowerCase() === 'f') setSecond(true);
    };
    const up = () => setSecond(false);
    window.addEventListener('keydown', down);
    window.addEventListener('keyup', up);
    window.addEventListener('blur', up);
    return () => {
      window.removeEventListener('keydown', down);
      window.removeEventListener('keyup', up);
      window.removeEventListener('blur', up);
    };
  }, []);
  return (
    <div class="compare-stack">
      <img src={a} alt="Picture A" />
      <img src={b} alt="Picture B" class={second ? '' : 'invisible'} />
      <button
        type="button"
        class="button compare-hold"
        onPointerDown={hold(true)}
        onPointerUp={hold(false)}
        onPointerLeave={hold(false)}
        onKeyDown={(event) => {
          if (event.key === ' ' || event.key === 'Enter') setSecond(true);
        }}
        onKeyUp={hold(false)}
      >
        Hold for B <kbd>F</kbd>
      </button>
    </div>
  );
}

function Slider({ a, b }: { a: string; b: string }) {
  const split = useStore(compare, (state) => state.split);
  return (
    <div class="compare-stack">
      <img src={a} alt="Picture A, left of the line" />
      <img
        src={b}
        alt="Picture B, right of the line"
        style={{ clipPath: `inset(0 0 0 ${split}%)` }}
      />
      <span class="compare-line" style={{ left: `${split}%` }} />
      <input
        type="range"
        class="compare-slider"
        aria-label="Line between A and B"
        min={0}
        max={100}
        value={split}
        onInput={(event) => compare.set({ split: Number(event.currentTarget.value) })}
      />
    </div>
  );
}

/** Two frames against each other in one of four ways. */
export function Compare() {
  const { mode, a, b } = useStore(compare, (state) => state);
  const jobs = useStore(server, (state) => state.jobs);
  if (!a || !b) return null;
  const runs = [...jobs.values()]
    .filter((job) => job.frames_done > 0)
    .sort((x, y) => y.number - x.number);
  const [first, second] = [frameAddress(a.id, a.frame), frameAddress(b.id, b.frame)];
  return (
    <section class="compare" aria-label="Compare">
      <div class="segmented" role="group" aria-label="Way to compare">
        {compareModes.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={each === mode}
            onClick={() => compare.set({ mode: each })}
          >
            {each[0]?.toUpperCase() + each.slice(1)}
          </button>
        ))}
      </div>
      <div class="stagebox">
        {mode === 'slider' && <Slider a={first} b={second} />}
        {mode === 'side by side' && (
          <div class="compare-beside">
            <img src={first} alt="Picture A" />
            <img src={second} alt="Picture B" />
          </div>
        )}
        {mode === 'flicker' && <Flicker a={first} b={second} />}
        {mode === 'difference' && (
          <div class="compare-stack compare-difference">
            <img src={first} alt="Picture A" />
            <img src={second} alt="Difference of A and B, four times as strong" />
          </div>
        )}
      </div>
      <Side name="a" pick={a} runs={runs} />
      <Side name="b" pick={b} runs={runs} />
    </section>
  );
}
