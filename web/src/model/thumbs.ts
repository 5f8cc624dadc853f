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

function lineAt(value: Json | undefined, index: number): string {
  const lines = Array.isArray(value) ? value.map(String) : splitLines(String(value ?? ''));
  const line = lines[Math.min(index, lines.length - 1)] ?? '';
  return line === '""' ? '' : line.trim();
}

/** Whether a drawn seed or size may stand for what the form leaves open. */
function fits(asked: Json, drawn: Json, open: Json): boolean {
  return asked === open || asked === drawn;
}

export interface StageFrame {
  id: string;
  frame: number;
}

/** The frame of the newest run that had stage `index` of `request` as it is now; null without one. */
export function findStageFrame(
  jobs: Job[],
  frames: ReadonlyMap<string, ReadonlySet<number>>,
  request: RequestValues,
  index: number,
  defaultModel: string,
): StageFrame | null {
  const modelName = (value: Json | undefined) => (value ? String(value) : defaultModel);
  const prompt = lineAt(request.prompt, index);
  const negative = lineAt(request.negative_prompt, index);
  for (const job of jobs) {
    const drawn = job.request;
    if (job.stage_frames.length === 0 || modelName(drawn.model) !== modelName(request.model))
      continue;
    const same = telling.every((name) => {
      const open = name === 'width' || name === 'height' ? 0 : Symbol.for('none');
      const asked = request[name];
      return asked === undefined || fits(at(asked, index), at(drawn[name], index), open as Json);
    });
    if (!same) continue;
    const lines = splitLines(String(drawn.prompt ?? ''));
    for (let i = 0; i < job.stage_frames.length; i++) {
      const frame = job.stage_frames[i] ?? 0;
      const matches =
        lineAt(lines, i) === prompt &&
        lineAt(drawn.negative_prompt, i) === negative &&
        fits(at(request.seed, index), at(drawn.seed, i), -1) &&
        at(request.cfg_scale, index) === at(drawn.cfg_scale, i);
      if (matches && frames.get(job.id)?.has(frame)) return { id: job.id, frame };
    }
  }
  return null;
}
