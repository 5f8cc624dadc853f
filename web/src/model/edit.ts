// Changes of a document: each returns a new one and leaves the old one as it is.

import type { Json } from '../api/types';
import { newKey, newStage, splitLines, type Stage, type TravelDocument } from './document';

function withStages(doc: TravelDocument, stages: Stage[]): TravelDocument {
  return { ...doc, stages, rawSteps: null };
}

export function setValue(doc: TravelDocument, field: string, value: Json): TravelDocument {
  const rawSteps = field === 'loop' ? null : doc.rawSteps;
  return { ...doc, rawSteps, values: { ...doc.values, [field]: value } };
}

/** Some settings of one stage. Its prompt is one line: line ends become spaces. */
export function setStage(doc: TravelDocument, key: string, change: Partial<Stage>): TravelDocument {
  const clean =
    change.prompt === undefined
      ? change
      : { ...change, prompt: change.prompt.replace(/\s*[\r\n]+\s*/g, ' ') };
  const stages = doc.stages.map((stage) => (stage.key === key ? { ...stage, ...clean } : stage));
  return { ...doc, stages };
}

/** The number of frames before a stage (of the first one: of a loop's closing gap). */
export function setSteps(doc: TravelDocument, key: string, steps: number): TravelDocument {
  const whole = Math.max(0, Math.round(steps));
  return withStages(
    doc,
    doc.stages.map((stage) => (stage.key === key ? { ...stage, steps: whole } : stage)),
  );
}

/**
 * Moves stage `index` by frames on the track. Later stages move along, or, where the total is kept,
 * the gap behind it takes what the gap before it gives. The first stage does not move.
 */
export function moveBy(doc: TravelDocument, index: number, frames: number): TravelDocument {
  const stage = doc.stages[index];
  if (index === 0 || !stage) return doc;
  const next = doc.stages[index + 1];
  let change = Math.max(Math.round(frames), -stage.steps);
  if (doc.keepTotal && next) change = Math.min(change, next.steps);
  if (change === 0) return doc;
  return withStages(
    doc,
    doc.stages.map((each, i) => {
      if (i === index) return { ...each, steps: each.steps + change };
      if (doc.keepTotal && i === index + 1) return { ...each, steps: each.steps - change };
      return each;
    }),
  );
}

/** Puts stage `from` into place `to`; the gaps stay where they are. */
export function reorder(doc: TravelDocument, from: number, to: number): TravelDocument {
  const moved = doc.stages[from];
  if (!moved || to < 0 || to >= doc.stages.length || from === to) return doc;
  const steps = doc.stages.map((stage) => stage.steps);
  const order = doc.stages.filter((_, i) => i !== from);
  order.splice(to, 0, moved);
  return withStages(
    doc,
    order.map((stage, i) => ({ ...stage, steps: steps[i] ?? stage.steps })),
  );
}

/** A copy of stage `index` behind it, as far away as the stage is from the one before. */
export function addAfter(doc: TravelDocument, index: number, prompt?: string): TravelDocument {
  const model = doc.stages[index];
  const stage: Stage = model ? { ...model, key: newKey() } : newStage('', 12);
  if (prompt !== undefined) stage.prompt = prompt;
  const stages = [...doc.stages];
  stages.splice(index + 1, 0, stage);
  return withStages(doc, stages);
}

export function remove(doc: TravelDocument, key: string): TravelDocument {
  if (doc.stages.length < 2) return doc;
  return withStages(
    doc,
    doc.stages.filter((stage) => stage.key !== key),
  );
}

/** Several pasted lines: the first becomes this stage's prompt, the others stages behind it. */
export function splitStage(doc: TravelDocument, key: string, text: string): TravelDocument {
  const [first, ...rest] = splitLines(text);
  const index = doc.stages.findIndex((stage) => stage.key === key);
  if (first === undefined || index < 0) return doc;
  let next = setStage(doc, key, { prompt: first });
  rest.forEach((line, i) => (next = addAfter(next, index + i, line)));
  return next;
}

/** The text view's lines as stages; each stage keeps what else it has, by place. */
export function setPromptLines(doc: TravelDocument, text: string): TravelDocument {
  const lines = splitLines(text);
  const last = doc.stages[doc.stages.length - 1];
  const stages = (lines.length > 0 ? lines : ['']).map((prompt, i): Stage => {
    const own = doc.stages[i];
    if (own) return { ...own, prompt };
    return { ...newStage(prompt, last?.steps ?? 12) };
  });
  return { ...doc, stages };
}

/** The text view's negative prompts: the shorter list repeats its last line. */
export function setNegativeLines(doc: TravelDocument, text: string): TravelDocument {
  const lines = splitLines(text).map((line) => (line === '""' ? '' : line));
  const stages = doc.stages.map((stage, i) => ({ ...stage, negative: lines[i] ?? null }));
  return { ...doc, stages };
}
