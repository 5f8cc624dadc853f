import type { Json, RequestValues } from '../api/types';

/** One card: a stage, what is its own, and the way to it. */
export interface Stage {
  /** Stays with the stage while it moves; unique in its document. */
  key: string;
  prompt: string;
  /** Null: as the stage before; of the first: empty. */
  negative: string | null;
  /** Null: the document's value. */
  seed: Json;
  cfg: Json;
  denoise: Json;
  /** Frames between the stage before and this one; of the first stage: those that close a loop. */
  steps: number;
}

/** What the form holds: a request, its stages as cards. A plain value that never changes. */
export interface TravelDocument {
  stages: Stage[];
  /** The fields that are not on cards, as JSON of a request; what is absent has its default. */
  values: RequestValues;
  /** Dragging a card takes the frames from the gap behind it. */
  keepTotal: boolean;
  /** A list of steps that does not fit the stages, as typed into the text view. */
  rawSteps: string | null;
}

/** Fields that cards hold, wholly (lines, steps) or as a list with a value for each stage. */
export const lineFields = ['prompt', 'negative_prompt', 'travel_steps'] as const;
export const stageLists = { seed: 'seed', cfg_scale: 'cfg', denoise_strength: 'denoise' } as const;
export type StageListField = keyof typeof stageLists;

/** A stage that is meant to have an empty prompt is written so, as in a prompt file. */
export const emptyPrompt = '""';

let lastKey = 0;
export function newKey(): string {
  lastKey += 1;
  return `${Date.now().toString(36)}-${lastKey}`;
}

export function newStage(prompt: string, steps: number): Stage {
  return { key: newKey(), prompt, negative: null, seed: null, cfg: null, denoise: null, steps };
}

/** The negative prompt of stage `index`: its own, or the last own one before it. */
export function negativeOf(doc: TravelDocument, index: number): string {
  for (let i = index; i >= 0; i--) {
    const own = doc.stages[i]?.negative;
    if (own !== null && own !== undefined) return own;
  }
  return '';
}

function lastDifferent<Item>(items: Item[]): Item[] {
  let length = items.length;
  while (length > 1 && items[length - 1] === items[length - 2]) length--;
  return items.slice(0, length);
}

/** Lines as a request wants them: an empty one among several as `""`. */
function joinLines(lines: string[]): string {
  if (lines.length < 2) return lines[0] ?? '';
  return lines.map((line) => (line.trim() === '' ? emptyPrompt : line)).join('\n');
}

export function promptText(doc: TravelDocument): string {
  return doc.stages.map((stage) => stage.prompt).join('\n');
}

export function negativeText(doc: TravelDocument): string {
  return joinLines(lastDifferent(doc.stages.map((_, i) => negativeOf(doc, i))));
}

/** The steps of each gap in order; a loop's closing gap last. */
export function gapSteps(doc: TravelDocument): number[] {
  const steps = doc.stages.slice(1).map((stage) => stage.steps);
  if (doc.values.loop === true && doc.stages.length > 1) steps.push(doc.stages[0]?.steps ?? 0);
  return steps;
}

export function stepsText(doc: TravelDocument): string {
  if (doc.rawSteps !== null) return doc.rawSteps;
  const steps = gapSteps(doc);
  if (steps.length === 0) return String(doc.stages[0]?.steps ?? 0);
  return steps.every((each) => each === steps[0]) ? String(steps[0]) : steps.join(',');
}

/** The request that the form stands for. */
export function toRequest(doc: TravelDocument, defaults: RequestValues): RequestValues {
  const request: RequestValues = { ...doc.values };
  request.prompt = promptText(doc);
  request.negative_prompt = negativeText(doc);
  request.travel_steps = stepsText(doc);
  for (const [field, member] of Object.entries(stageLists)) {
    const base = doc.values[field] ?? defaults[field] ?? null;
    if (doc.stages.some((stage) => stage[member] !== null)) {
      const first = Array.isArray(base) ? (base[0] ?? null) : base;
      request[field] = doc.stages.map((stage) => stage[member] ?? first);
    }
  }
  return request;
}

/** The lines of a text as stages: blank ones and comments (#) are none, `""` is an empty one. */
export function splitLines(text: string): string[] {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function linesOf(value: Json | undefined): string[] {
  if (Array.isArray(value)) return value.map((line) => String(line) || emptyPrompt);
  return splitLines(String(value ?? ''));
}

/** "12" or "10,20" or numbers, or null for what is no list of whole numbers. */
export function parseSteps(value: Json | undefined): number[] | null {
  const pieces = Array.isArray(value) ? value : String(value ?? '').split(',');
  const numbers = pieces.map((piece) => (String(piece).trim() === '' ? NaN : Number(piece)));
  return numbers.every((each) => Number.isInteger(each) && each >= 0) ? numbers : null;
}

/** The form for a request; stages keep the keys of `before` by place, so that cards stay cards. */
export function fromRequest(
  request: RequestValues,
  defaults: RequestValues,
  before: Stage[] = [],
): TravelDocument {
  const all = { ...defaults, ...request };
  const prompts = linesOf(all.prompt);
  const lists = Object.keys(stageLists).map((field) => all[field]);
  const negatives = linesOf(all.negative_prompt).map((line) => (line === emptyPrompt ? '' : line));
  const longest = Math.max(
    negatives.length,
    ...lists.map((list) => (Array.isArray(list) ? list.length : 1)),
  );
  while (prompts.length < longest) prompts.push(prompts[prompts.length - 1] ?? '');
  const steps = parseSteps(all.travel_steps) ?? [];
  const gaps = prompts.length - 1 + (all.loop === true ? 1 : 0);
  const fits = steps.length === 1 || steps.length === gaps || gaps === 0;
  const values: RequestValues = { ...request };
  for (const field of lineFields) delete values[field];

  const stages = prompts.map((prompt, i): Stage => {
    const gap = i === 0 ? prompts.length - 1 : i - 1;
    const stage = newStage(prompt, steps[gap] ?? steps[steps.length - 1] ?? 12);
    stage.key = before[i]?.key ?? stage.key;
    stage.negative = negatives[i] ?? null;
    return stage;
  });
  for (const [field, member] of Object.entries(stageLists)) {
    const list = all[field];
    if (!Array.isArray(list)) continue;
    const base = list[0] ?? null;
    values[field] = base;
    stages.forEach((stage, i) => {
      const own = list[i] ?? null;
      stage[member] = own === base && i > 0 ? null : i > 0 ? own : null;
    });
  }
  return { stages, values, keepTotal: false, rawSteps: fits ? null : String(all.travel_steps) };
}

/** Whether a value that was read from storage is a document of this shape. */
export function isDocument(value: unknown): value is TravelDocument {
  const doc = value as TravelDocument | null;
  return (
    typeof doc === 'object' &&
    doc !== null &&
    Array.isArray(doc.stages) &&
    doc.stages.length > 0 &&
    doc.stages.every(
      (stage) =>
        typeof stage?.key === 'string' &&
        typeof stage.prompt === 'string' &&
        Number.isInteger(stage.steps),
    ) &&
    typeof doc.values === 'object' &&
    doc.values !== null
  );
}
