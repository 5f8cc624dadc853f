// Where stages lie among the frames. The server counts for every mode and compatibility; this is
// what the page shows until its answer is there, and what dragging is measured by.

import { gapSteps, type TravelDocument } from './document';

/** Each stage's frame when every gap has its in-betweens. */
export function stagePlaces(doc: TravelDocument): number[] {
  let frame = 0;
  return doc.stages.map((stage, i) => (frame += i === 0 ? 0 : stage.steps + 1));
}

export function frameTotal(doc: TravelDocument): number {
  return doc.stages.length + gapSteps(doc).reduce((sum, each) => sum + each, 0);
}

export interface TrackLayout {
  /** Pixels of one frame. */
  scale: number;
  /** Width of the gap before each stage; the first has none. */
  gaps: number[];
  width: number;
}

export const cardWidth = 148;
const leastGap = 76;

/** Widths on the track: gaps in proportion to their frames, but never too narrow for a number. */
export function layOut(doc: TravelDocument, available: number): TrackLayout {
  const steps = doc.stages.slice(1).map((stage) => stage.steps);
  const total = steps.reduce((sum, each) => sum + each, 0);
  const room = available - doc.stages.length * cardWidth;
  const scale = Math.min(12, Math.max(3, total > 0 ? room / total : 12));
  const gaps = [0, ...steps.map((each) => Math.max(leastGap, Math.round(each * scale)))];
  const width = gaps.reduce((sum, each) => sum + each, 0) + doc.stages.length * cardWidth;
  return { scale, gaps, width };
}

/** The place of a frame in pixels, given stages' frames and the middles of their cards. */
export function placeOfFrame(frame: number, frames: number[], middles: number[]): number {
  for (let i = 1; i < frames.length; i++) {
    const from = frames[i - 1] ?? 0;
    const to = frames[i] ?? 0;
    if (frame <= to) {
      const part = to > from ? (frame - from) / (to - from) : 1;
      return (middles[i - 1] ?? 0) + part * ((middles[i] ?? 0) - (middles[i - 1] ?? 0));
    }
  }
  return middles[middles.length - 1] ?? 0;
}

/** The inverse: the frame nearest to a place in pixels. */
export function frameAtPlace(place: number, frames: number[], middles: number[]): number {
  for (let i = 1; i < frames.length; i++) {
    const left = middles[i - 1] ?? 0;
    const right = middles[i] ?? 0;
    if (place <= right && right > left) {
      const part = Math.max(0, (place - left) / (right - left));
      const from = frames[i - 1] ?? 0;
      return Math.round(from + part * ((frames[i] ?? 0) - from));
    }
  }
  return frames[frames.length - 1] ?? 0;
}

/** How far along `t` of 0..1 an easing is; the curves of --easing. */
export function ease(name: string, t: number): number {
  if (name === 'ease-in') return t * t;
  if (name === 'ease-out') return t * (2 - t);
  if (name === 'ease-in-out') return t < 0.5 ? 2 * t * t : 1 - 2 * (1 - t) * (1 - t);
  return t;
}

/** Where a film's frame `index` of `count` is in another film with `otherCount`: the same fraction. */
export function sameFraction(index: number, count: number, otherCount: number): number {
  if (count < 2 || otherCount < 1) return 0;
  return Math.round((index / (count - 1)) * (otherCount - 1));
}

/** "0-13,26" as a list of numbers; the server's way to say which frames are there. */
export function parseRanges(text: string): number[] {
  const frames: number[] = [];
  for (const piece of text.split(',').filter((each) => each.trim() !== '')) {
    const [from = NaN, to = from] = piece.split('-').map(Number);
    for (let i = from; i <= to; i++) frames.push(i);
  }
  return frames;
}

/** The frame after `frame` when playing; null when the play is over. */
export function nextFrame(
  frames: number[],
  frame: number,
  direction: 1 | -1,
  how: { loop: boolean; pingPong: boolean },
): { frame: number; direction: 1 | -1 } | null {
  if (frames.length === 0) return null;
  const at = frames.indexOf(frame);
  if (at < 0) return { frame: frames[0] ?? 0, direction: 1 };
  const next = frames[at + direction];
  if (next !== undefined) return { frame: next, direction };
  if (how.pingPong && frames.length > 1 && (how.loop || direction === 1)) {
    const back = direction === 1 ? -1 : 1;
    return { frame: frames[at + back] ?? frame, direction: back };
  }
  return how.loop ? { frame: frames[0] ?? 0, direction: 1 } : null;
}
