// What dropped pictures do to the form.

import type { Json, Picture, PictureParameters, RequestValues } from '../api/types';
import { fromRequest, negativeOf, type Stage, type TravelDocument } from './document';
import { addAfter, setStage, setValue } from './edit';
import { valueText } from './format';

/** Where pictures were dropped: on a stage, into the gap before one, or anywhere else. */
export type Target =
  { kind: 'page' } | { kind: 'stage'; key: string } | { kind: 'gap'; before: string };

export interface Dropped {
  doc: TravelDocument;
  /** Said to the user, one line each. */
  lines: string[];
  /** The stage to look at next. */
  stage: string | null;
}

/** Settings that a travel has once, with the word for several: the first picture's are taken. */
const shared: [string, string][] = [
  ['sampler', 'samplers'],
  ['scheduler', 'schedules'],
  ['steps', 'steps'],
  ['width', 'widths'],
  ['height', 'heights'],
  ['clip_skip', 'clip skips'],
  ['subseed', 'variation seeds'],
  ['subseed_strength', 'variation strengths'],
  ['rng', 'noise sources'],
  ['ensd', 'eta noise seed deltas'],
  ['eta', 'etas'],
  ['s_churn', 'sigma churns'],
  ['s_noise', 'sigma noises'],
  ['emphasis', 'emphasis modes'],
  ['pad_cond_uncond', 'paddings'],
  ['old_prompt_editing', 'timelines of prompt editing'],
];

/** Of these a picture always tells its own; of the others what it does not tell is the default. */
const alwaysTold = new Set(['sampler', 'scheduler', 'steps', 'width', 'height']);

const first = (value: Json | undefined): Json =>
  Array.isArray(value) ? (value[0] ?? null) : (value ?? null);

function firstLine(value: Json | undefined): string {
  return (
    String(first(value) ?? '')
      .split('\n')[0]
      ?.trim() ?? ''
  );
}

function readable(parameters: PictureParameters | null): parameters is PictureParameters {
  return parameters !== null && firstLine(parameters.request.prompt) !== '';
}

/** What a picture says of its own stage. */
function stageOf(parameters: PictureParameters): Partial<Stage> {
  const { request } = parameters;
  return {
    prompt: firstLine(request.prompt),
    negative: firstLine(request.negative_prompt),
    seed: first(request.seed),
    cfg: first(request.cfg_scale),
    denoise: first(request.denoise_strength),
  };
}

function aboutModel(parameters: PictureParameters, models: string[]): string[] {
  const { model, model_hash: hash } = parameters;
  if (model === '' && hash === '') return [];
  const here = models.some(
    (name) => name !== '' && (name === model || name.includes(hash || '\0')),
  );
  if (here) return [];
  const name = [model, hash && `[${hash}]`].filter(Boolean).join(' ');
  return [`Its model ${name} is not here; everything else was taken over.`];
}

function notesOf(parameters: PictureParameters): string[] {
  return [
    ...parameters.notes,
    ...parameters.problems.map((each) => `${each.field}: ${each.message}`),
  ];
}

/** Pictures without a prompt in them: the first becomes the init picture. */
function asInitPicture(doc: TravelDocument, picture: Picture): Dropped {
  return {
    doc: setValue(doc, 'init_image', picture.init_image),
    lines: [
      'The picture has no prompt in it, so it is the init picture now. As a stage instead: type a prompt.',
    ],
    stage: null,
  };
}

/** Several pictures: a travel between them. What a stage can have of its own travels; of the rest
 * the first picture's is taken, and what others have is said. */
function between(doc: TravelDocument, pictures: PictureParameters[]): Dropped {
  const values: RequestValues = { ...doc.values };
  const lines: string[] = [];
  for (const [field, words] of shared) {
    const told = pictures.map((each) => each.request[field] ?? null);
    const taken = told[0] ?? null;
    if (taken !== null) values[field] = taken;
    else if (!alwaysTold.has(field)) delete values[field];
    if (told.some((each) => JSON.stringify(each) !== JSON.stringify(taken))) {
      const texts = told.map((each) => (each === null ? 'default' : valueText(each)));
      lines.push(`${words} differ: ${texts.join(', ')} → ${texts[0] ?? ''}, the first picture's`);
    }
  }
  const stages = pictures.map(stageOf);
  const base = doc.stages[0]?.steps ?? 12;
  const prompt = stages.map((each) => each.prompt).join('\n');
  const fresh = fromRequest({ ...values, prompt, travel_steps: base }, {});
  let next: TravelDocument = { ...fresh, keepTotal: doc.keepTotal };
  next.stages.forEach((stage, i) => {
    next = setStage(next, stage.key, { negative: stages[i]?.negative ?? null });
  });
  for (const [field, member, word] of [
    ['seed', 'seed', 'seeds'],
    ['cfg_scale', 'cfg', 'CFG scales'],
    ['denoise_strength', 'denoise', 'denoising strengths'],
  ] as const) {
    const told = stages.map((each) => each[member] ?? null);
    const common = told.find((each) => each !== null) ?? null;
    if (common === null) continue;
    next = setValue(next, field, common);
    if (told.every((each) => each === common)) continue;
    next.stages.forEach((stage, i) => {
      const own = told[i] ?? null;
      next = setStage(next, stage.key, { [member]: own === common ? null : own });
    });
    const texts = told.map((each) => (each === null ? 'none' : valueText(each)));
    lines.push(`${word} differ: ${texts.join(', ')} → ${word.replace(/s$/, '')} travels`);
  }
  const count = pictures.length === 2 ? 'two' : String(pictures.length);
  return {
    doc: next,
    lines: [`A travel between the ${count} pictures.`, ...lines],
    stage: next.stages[1]?.key ?? null,
  };
}

/** One picture with a prompt, as a stage. */
function asStage(doc: TravelDocument, parameters: PictureParameters, target: Target): Dropped {
  const stage = stageOf(parameters);
  const base = first(doc.values.seed);
  const cfg = first(doc.values.cfg_scale);
  const own: Partial<Stage> = {
    prompt: stage.prompt ?? '',
    negative: stage.negative ?? null,
    seed: stage.seed === base ? null : (stage.seed ?? null),
    cfg: stage.cfg === cfg ? null : (stage.cfg ?? null),
  };
  if (target.kind === 'stage') {
    return {
      doc: setStage(doc, target.key, own),
      lines: ['The picture replaces the stage.'],
      stage: target.key,
    };
  }
  const at =
    target.kind === 'gap'
      ? doc.stages.findIndex((each) => each.key === target.before) - 1
      : doc.stages.length - 1;
  const emptyAt =
    target.kind === 'page' ? doc.stages.findIndex((each) => each.prompt.trim() === '') : -1;
  if (emptyAt >= 0) {
    const key = doc.stages[emptyAt]?.key ?? '';
    return {
      doc: setStage(doc, key, own),
      lines: ['The picture fills the empty stage.'],
      stage: key,
    };
  }
  const grown = addAfter(doc, at);
  const key = grown.stages[at + 1]?.key ?? '';
  return { doc: setStage(grown, key, own), lines: ['A new stage from the picture.'], stage: key };
}

/** The form after dropping `pictures` on `target`; `models` are names that the server has. */
export function drop(
  doc: TravelDocument,
  pictures: Picture[],
  target: Target,
  models: string[],
): Dropped {
  const told = pictures.map((each) => each.parameters).filter(readable);
  const initial = pictures[0];
  if (told.length === 0) return initial ? asInitPicture(doc, initial) : { doc, lines: [], stage: null };
  const dropped =
    target.kind === 'page' && told.length > 1
      ? between(doc, told)
      : told.reduce<Dropped>(
          (sum, parameters, i) => {
            const to: Target = i === 0 ? target : { kind: 'page' };
            const next = asStage(sum.doc, parameters, to);
            return { ...next, lines: [...sum.lines, ...next.lines] };
          },
          { doc, lines: [], stage: null },
        );
  const extra = told.flatMap((each) => [...aboutModel(each, models), ...notesOf(each)]);
  return { ...dropped, lines: [...dropped.lines, ...new Set(extra)] };
}

/** The negative prompt that a stage would have, for the placeholder of its field. */
export function inheritedNegative(doc: TravelDocument, index: number): string {
  return index === 0 ? '' : negativeOf(doc, index - 1);
}
