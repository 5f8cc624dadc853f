// A request's masks: one for all stages, or one for each.

import type { Json } from '../api/types';

/** The masks of a value, as the request names them. */
export function masksOf(value: Json): string[] {
  const lines = Array.isArray(value) ? value.map(String) : String(value ?? '').split('\n');
  return lines.map((line) => line.trim()).filter(Boolean);
}

/** The number of an uploaded picture in its name; null where the name is none. */
export function uploadOf(name: string | undefined): string | null {
  return /^upload:(.+)$/.exec(name ?? '')?.[1] ?? null;
}

/** The mask that a stage has; null: the one of all stages, or the first. */
export function maskFor(value: Json, stage: number | null): string | undefined {
  const masks = masksOf(value);
  return masks.length > 1 ? masks[stage ?? 0] : masks[0];
}

/** Whether a mask for one of `stages` stages needs a picture for others that have none. */
export function needsOthers(value: Json, stage: number | null, stages: number): boolean {
  const count = masksOf(value).length;
  if (stage === null || stages < 2 || count === 1) return false;
  return Array.from({ length: stages }).some((_, i) => i >= count && i !== stage);
}

/** What the mask of stages without one is full of, so that all is drawn there. */
export function unmasked(inverted: Json | undefined): number {
  return inverted === true ? 0 : 255;
}

/**
 * The value with a mask for one stage, or for all (null). Stages without one of their own keep the
 * one that all had, or get `others`.
 */
export function withMask(
  value: Json,
  stage: number | null,
  stages: number,
  mask: string,
  others: string,
): Json {
  if (stage === null || stages < 2) return mask;
  const before = masksOf(value);
  const list = Array.from({ length: stages }, (_, i) => {
    if (i === stage) return mask;
    return before.length > 1 ? (before[i] ?? others) : (before[0] ?? others);
  });
  return list.every((each) => each === mask) ? mask : list.join('\n');
}
