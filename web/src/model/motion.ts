// How a run moves, in words and for charts.

import type { Motion, MotionDistance, RequestValues } from '../api/types';
import { amount } from './format';

/** The distances that the page shows, what one sees of them first. */
const shown = [
  { name: 'ssim', title: 'Structure' },
  { name: 'lab', title: 'Colour' },
];

export interface ShownDistance {
  title: string;
  distance: MotionDistance;
}

/** The distances that there are to show, with their titles. */
export function shownDistances(motion: Motion): ShownDistance[] {
  return shown.flatMap(({ name, title }) => {
    const distance = motion.distances[name];
    return distance && distance.steps.some((step) => step !== null) ? [{ title, distance }] : [];
  });
}

/** The pair that is farthest apart: its first frame; -1 where nothing moves. */
export function largestStep({ steps }: MotionDistance): number {
  let best = -1;
  steps.forEach((step, i) => {
    if (step !== null && step > (best < 0 ? 0 : (steps[best] ?? 0))) best = i;
  });
  return best;
}

/** "5.9 × the median"; null is infinite. */
function timesText(times: number | null): string {
  return times === null ? 'where most frames stand still' : `${times.toFixed(1)} × the median`;
}

/** How even it is, in one line. */
export function evennessText(distance: MotionDistance): string {
  const at = largestStep(distance);
  if (at < 0) return 'all frames are equal';
  const times = timesText(distance.max_over_median);
  return `largest step ${times}, between frames ${at} and ${at + 1}`;
}

export interface ShownJump {
  from: number;
  to: number;
  /** How many medians; null: infinitely many. */
  times: number | null;
}

/** The jumps in any of the distances, in order, each once, with what is largest of it. */
export function jumpsOf(distances: ShownDistance[]): ShownJump[] {
  const found = new Map<number, ShownJump>();
  for (const { distance } of distances) {
    for (const { from, to, over_median } of distance.jumps) {
      const known = found.get(from.frame);
      const more = !known || (known.times !== null && (over_median ?? Infinity) > known.times);
      if (more) found.set(from.frame, { from: from.frame, to: to.frame, times: over_median });
    }
  }
  return [...found.values()].sort((a, b) => a.from - b.from);
}

/** Whether the same travel can be drawn with the settings of smooth motion, which it was not. */
export function canBeEvened(request: RequestValues, smooth: RequestValues): boolean {
  return (
    Object.entries(smooth).some(([name, value]) => request[name] !== value) &&
    request.genesis !== 'successive' &&
    (request.compat ?? 'none') === 'none'
  );
}

/** The largest of them, in order. */
export function largestJumps(jumps: ShownJump[], most: number): ShownJump[] {
  const size = ({ times }: ShownJump) => times ?? Infinity;
  const kept = new Set([...jumps].sort((a, b) => (size(a) < size(b) ? 1 : -1)).slice(0, most));
  return jumps.filter((jump) => kept.has(jump));
}

/** "4–5, 5.9×": a jump as a button says it. */
export function jumpText({ from, to, times }: ShownJump): string {
  return times === null ? `${from}–${to}` : `${from}–${to}, ${amount(times)}×`;
}

/** The pair to look at first: the step that is largest against the others of its distance. */
export function worstPair(distances: ShownDistance[]): { from: number; to: number } | null {
  let best: { from: number; to: number } | null = null;
  let most = -1;
  for (const { distance } of distances) {
    const from = largestStep(distance);
    const times = distance.max_over_median ?? Infinity;
    if (from >= 0 && times > most) {
      most = times;
      best = { from, to: from + 1 };
    }
  }
  return best;
}
