import { nextFrame } from '../model/travel';
import { onServerEvent, server, shownFrames } from './server';
import { tabStorage } from './storage';
import { createStore } from './store';
import { reducedMotion } from './ui';

export type View = 'frames' | 'video' | 'compare';

export interface PlayerState {
  /** The run that is looked at. */
  job: string | null;
  frame: number;
  playing: boolean;
  direction: 1 | -1;
  speed: number;
  loop: boolean;
  pingPong: boolean;
  view: View;
  /** Frames that come in are shown; off once a frame was chosen. */
  follow: boolean;
  /** Counts the videos made again, so that a new one is read anew. */
  videosMade: number;
  /** The run in work is looked at; off once another run was chosen. */
  followQueue: boolean;
}

const kept = (tabStorage.read('player') ?? {}) as { job?: string | null };

export const player = createStore<PlayerState>({
  job: kept.job ?? null,
  frame: 0,
  playing: false,
  direction: 1,
  speed: 1,
  loop: true,
  pingPong: false,
  view: 'frames',
  follow: true,
  followQueue: true,
  videosMade: 0,
});

export const speeds = [0.25, 0.5, 1, 1.5, 2];

/** Movement begins when this many frames are there. */
const framesForMotion = 3;

export function currentFrames(): number[] {
  const state = server.get();
  const { job } = player.get();
  return job === null ? [] : shownFrames(state, state.jobs.get(job));
}

/** Looks at a run from its beginning. */
export function showRun(id: string): void {
  if (player.get().job === id) return;
  tabStorage.write('player', { job: id });
  player.set({ job: id, frame: 0, playing: false, direction: 1, view: 'frames', follow: true });
  const frames = currentFrames();
  player.set({ frame: frames[0] ?? 0 });
  startMotion();
}

/** As by a click: from then on the queue no longer chooses what is looked at. */
export function chooseRun(id: string): void {
  player.set({ followQueue: id === server.get().queue.current });
  showRun(id);
}

function startMotion(): void {
  const { playing, follow } = player.get();
  if (!playing && follow && currentFrames().length >= framesForMotion && !reducedMotion()) {
    player.set({ playing: true, direction: 1 });
  }
}

/** Shows one frame and stays there. */
export function showFrame(frame: number): void {
  player.set({ frame, playing: false, follow: false });
}

export function stepFrame(by: number): void {
  const frames = currentFrames();
  if (frames.length === 0) return;
  const at = Math.max(0, frames.indexOf(player.get().frame));
  showFrame(frames[Math.min(frames.length - 1, Math.max(0, at + by))] ?? 0);
}

export function showEnd(end: 'first' | 'last'): void {
  const frames = currentFrames();
  showFrame(frames[end === 'first' ? 0 : frames.length - 1] ?? 0);
}

/** The stage's frame before or after the one that is shown. */
export function stepStage(direction: 1 | -1): void {
  const { job, frame } = player.get();
  const stages = (job === null ? undefined : server.get().jobs.get(job))?.stage_frames ?? [];
  const there = new Set(currentFrames());
  const ones = stages.filter((each) => there.has(each) && (each - frame) * direction > 0);
  const next = direction === 1 ? ones[0] : ones[ones.length - 1];
  if (next !== undefined) showFrame(next);
}

export function togglePlay(): void {
  const { playing, frame } = player.get();
  const frames = currentFrames();
  if (frames.length < 2) return;
  const atEnd = frame === frames[frames.length - 1];
  player.set({
    playing: !playing,
    direction: 1,
    ...(!playing && atEnd ? { frame: frames[0] ?? 0 } : {}),
  });
}

export function followAgain(): void {
  player.set({ follow: true });
  const frames = currentFrames();
  player.set({ frame: frames[frames.length - 1] ?? 0 });
  startMotion();
}

/** One step of playing. */
function advance(): void {
  const { frame, direction, loop, pingPong } = player.get();
  const next = nextFrame(currentFrames(), frame, direction, { loop, pingPong });
  player.set(next ?? { playing: false });
}

/** Keeps the time of playing: a film's frames per second times the chosen speed. */
export function runClock(): void {
  let due = 0;
  let ticking = false;
  const tick = (now: number) => {
    const { playing, job, speed, view } = player.get();
    if (!playing || view !== 'frames') {
      ticking = false;
      return;
    }
    const fps = (job === null ? undefined : server.get().jobs.get(job))?.fps || 10;
    const each = 1000 / (fps * speed);
    if (now >= due) {
      advance();
      due = Math.max(due + each, now + each / 2);
    }
    requestAnimationFrame(tick);
  };
  player.subscribe(() => {
    if (player.get().playing && !ticking) {
      ticking = true;
      due = performance.now();
      requestAnimationFrame(tick);
    }
  });
}

/** Lets the view follow what the server draws. */
export function followServerEvents(): void {
  onServerEvent((event) => {
    const { job, follow, followQueue, playing } = player.get();
    if (event.name === 'frame' && event.data.id === job && follow) {
      if (!playing) player.set({ frame: event.data.index });
      startMotion();
    }
    const { current } = server.get().queue;
    const starts = event.name === 'job' || event.name === 'snapshot';
    if (starts && followQueue && current !== null && current !== job) showRun(current);
    if (event.name === 'job' && event.data.id === job && event.data.state === 'done') startMotion();
  });
}

/** What to look at when the page opens: the run in work, the one before the reload, or the newest. */
export function chooseFirstRun(): void {
  const { queue, jobs } = server.get();
  const { job } = player.get();
  const newest = [...jobs.values()].sort((a, b) => b.number - a.number)[0];
  const chosen =
    queue.current ?? (job !== null && jobs.has(job) ? job : null) ?? newest?.id ?? null;
  player.set({ job: null });
  if (chosen !== null) showRun(chosen);
}
