// Which finished frame shows a stage: never one of other settings.

import type { Job, Json, RequestValues } from '../api/types';
import { splitLines } from './document';

/** Settings that make a stage's frame another picture. */
const telling = [
  'vae',
  'sampler',
  'scheduler',
  'steps',
  'width',
  'height',
  'clip_skip',
  'init_image',
  'rng',
  'subseed_strength',
];

function at(value: Json | undefined, index: number): Json {
  return Array.isArray(value)
    ? (value[Math.min(index, value.length - 1)] ?? null)
    : (value ?? null);
}

function linesOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : splitLines(String(value ?? ''));
}

/** The shorter list repeats its last line. */
function lineAt(lines: string[], index: number): string {
  const line = lines[Math.min(index, lines.length - 1)] ?? '';
  return line === '""' ? '' : line.trim();
}

export interface StageFrame {
  id: string;
  frame: number;
}

/** A request's lines, parsed once for all stages. */
interface Asked {
  request: RequestValues;
  prompts: string[];
  negatives: string[];
  model: string;
}

function asked(request: RequestValues, defaultModel: string): Asked {
  return {
    request,
    prompts: linesOf(request.prompt),
    negatives: linesOf(request.negative_prompt),
    model: request.model ? String(request.model) : defaultModel,
  };
}

function sameSettings(form: RequestValues, drawn: RequestValues): boolean {
  return telling.every((name) => {
    const value = form[name];
    if (value === undefined) return true;
    const open = name === 'width' || name === 'height';
    return (open && value === 0) || at(value, 0) === at(drawn[name], 0);
  });
}

function stageFits(form: Asked, index: number, drawn: Asked, place: number): boolean {
  const seed = at(form.request.seed, index);
  return (
    lineAt(drawn.prompts, place) === lineAt(form.prompts, index) &&
    lineAt(drawn.negatives, place) === lineAt(form.negatives, index) &&
    (seed === -1 || seed === at(drawn.request.seed, place)) &&
    at(form.request.cfg_scale, index) === at(drawn.request.cfg_scale, place)
  );
}

/**
 * For each of `count` stages of `request`: the frame of the newest run that had this stage with
 * these settings. `jobs` are the newest first; a seed of -1 and a size of 0 fit any.
 */
export function findStageFrames(
  jobs: Job[],
  frames: ReadonlyMap<string, ReadonlySet<number>>,
  request: RequestValues,
  count: number,
  defaultModel: string,
): (StageFrame | null)[] {
  const found: (StageFrame | null)[] = Array.from({ length: count }, () => null);
  const form = asked(request, defaultModel);
  for (const job of jobs) {
    if (job.stage_frames.length === 0 || !sameSettings(request, job.request)) continue;
    const drawn = asked(job.request, defaultModel);
    if (drawn.model !== form.model) continue;
    for (let index = 0; index < count; index++) {
      if (found[index]) continue;
      const frame = job.stage_frames.find(
        (each, place) => frames.get(job.id)?.has(each) && stageFits(form, index, drawn, place),
      );
      if (frame !== undefined) found[index] = { id: job.id, frame };
    }
    if (found.every((each) => each !== null)) break;
  }
  return found;
}
