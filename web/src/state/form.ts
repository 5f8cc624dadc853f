import { ApiError, call, isPassing } from '../api/client';
import type { DryRun, Json, Problem, RequestValues } from '../api/types';
import {
  fromRequest,
  isDocument,
  toRequest,
  type Stage,
  type TravelDocument,
} from '../model/document';
import * as edit from '../model/edit';
import { takeOver, type Part } from '../model/fields';
import { begin, change, redo, undo, type History } from '../model/history';
import { say, sayError } from './messages';
import { onServerEvent, server } from './server';
import { storage, tabStorage } from './storage';
import { createStore } from './store';
import { ui } from './ui';

export interface Form {
  history: History<TravelDocument>;
  /** The server's last count of the document, perhaps of an older state of it. */
  dry: DryRun | null;
  /** Problems of the document as it is, by field. */
  problems: Problem[];
}

const blank: TravelDocument = fromRequest({ prompt: '', travel_steps: '12' }, {});

export const form = createStore<Form>({ history: begin(blank), dry: null, problems: [] });

export function doc(): TravelDocument {
  return form.get().history.present;
}

/** The request that the form stands for. */
export function formRequest(): RequestValues {
  return toRequest(doc(), server.get().boot?.defaults ?? {});
}

/** The form of this tab as it was left, else the browser's last one, else the example. */
export function openForm(example: RequestValues, defaults: RequestValues): void {
  const kept = tabStorage.read('form') ?? storage.read('form');
  const first = isDocument(kept) ? kept : fromRequest(example, defaults);
  form.set({ history: begin(first) });
  ui.set({ stage: first.stages[0]?.key ?? null });
  askDryRun();
}

function keep(): void {
  tabStorage.write('form', doc());
  storage.write('form', doc());
  askDryRun();
}

/** Changes the document. `kind` names what is changed, so that typing on is one step of undo. */
export function update(
  next: TravelDocument | ((doc: TravelDocument) => TravelDocument),
  kind = '',
): void {
  const value = typeof next === 'function' ? next(doc()) : next;
  if (value === doc()) return;
  form.set({ history: change(form.get().history, value, kind, Date.now()) });
  keep();
}

export function setField(name: string, value: Json): void {
  update((now) => edit.setValue(now, name, value), `field:${name}`);
}

/** Takes a preset's settings, or goes back to the defaults of what it sets. */
export function switchPreset(preset: RequestValues, on: boolean): void {
  const defaults = server.get().boot?.defaults ?? {};
  update((now) =>
    Object.entries(preset).reduce(
      (next, [name, value]) =>
        edit.setValue(next, name, (on ? value : defaults[name]) ?? null),
      now,
    ),
  );
}

export function setStage(key: string, changed: Partial<Stage>): void {
  const kind = `stage:${key}:${Object.keys(changed).join()}`;
  update((now) => edit.setStage(now, key, changed), kind);
}

export function undoForm(): void {
  form.set({ history: undo(form.get().history) });
  keep();
}

export function redoForm(): void {
  form.set({ history: redo(form.get().history) });
  keep();
}

/** Takes back a change that has just been made, whatever has been changed since. */
function undoOf(before: TravelDocument): () => void {
  const after = doc();
  return () => {
    if (doc() === after) undoForm();
    else update(before);
  };
}

/** Changes the document at once and says so, with a way back. */
export function updateAndSay(next: TravelDocument, text: string): void {
  const before = doc();
  update(next);
  say(text, { action: { label: 'Undo', run: undoOf(before) } });
}

export function removeStage(key: string): void {
  const now = doc();
  const index = now.stages.findIndex((stage) => stage.key === key);
  if (now.stages.length < 2 || index < 0) return;
  updateAndSay(edit.remove(now, key), `Stage ${index + 1} removed.`);
  ui.set({ stage: doc().stages[Math.min(index, doc().stages.length - 1)]?.key ?? null });
}

export function addStage(index: number): void {
  update((now) => edit.addAfter(now, index));
  ui.set({ stage: doc().stages[index + 1]?.key ?? null });
}

/** A request into the form in place of what is there, with a way back. */
function takeRequest(request: RequestValues, text: string): void {
  const defaults = server.get().boot?.defaults ?? {};
  const next = fromRequest(request, defaults, doc().stages);
  updateAndSay({ ...next, keepTotal: doc().keepTotal }, text);
  if (!doc().stages.some((stage) => stage.key === ui.get().stage)) {
    ui.set({ stage: doc().stages[0]?.key ?? null });
  }
}

/** Settings of a run, wholly or in part, into the form. */
export function takeSettings(request: RequestValues, part: Part, from: string): void {
  const what = part === 'all' ? 'All settings' : `${part[0]?.toUpperCase()}${part.slice(1)}`;
  takeRequest(takeOver(formRequest(), request, part), `${what} of ${from} taken over.`);
}

/** All settings of a run, with smooth motion. */
export function evenOut(request: RequestValues, from: string): void {
  takeRequest(
    { ...takeOver(formRequest(), request, 'all'), ...server.get().boot?.smooth },
    `Settings of ${from} with smooth motion: Run draws more pictures, and takes those that are equally far apart.`,
  );
}

/** A run that ended has measured how long a frame takes; without a connection nothing was counted. */
export function followMeasures(): void {
  onServerEvent((event) => {
    const ended = event.name === 'job' && event.data.state === 'done';
    if (ended || event.name === 'snapshot') askDryRun();
  });
}

let timer: ReturnType<typeof setTimeout> | undefined;
let asked: AbortController | null = null;

/** Lets the server count and check the document, 150 ms after the last change. */
export function askDryRun(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void dryRun(), 150);
}

async function dryRun(): Promise<void> {
  asked?.abort();
  const mine = new AbortController();
  asked = mine;
  const counted = doc();
  try {
    const options = { body: { request: formRequest() }, signal: mine.signal };
    const dry = await call<DryRun>('POST', '/dry-run', options);
    if (doc() !== counted) return;
    // With wrong values nothing is counted: what was counted before still says most.
    const before = form.get().dry;
    const keeps = dry.stages.length === 0 && before?.stages.length === counted.stages.length;
    form.set({
      dry: keeps ? { ...dry, stages: before.stages } : dry,
      problems: dry.problems,
    });
  } catch (error) {
    // No answer: the page shows its own count, and the connection's bar says why.
    if (mine.signal.aborted || doc() !== counted || isPassing(error)) return;
    if (error instanceof ApiError && error.problems.length > 0) {
      form.set({ problems: error.problems });
    } else {
      sayError(error);
    }
  }
}

/** Shows a document while something is dragged; endDrag makes one step of undo of it. */
export function dragTo(next: TravelDocument): void {
  form.set((state) => ({ ...state, history: { ...state.history, present: next } }));
}

export function endDrag(before: TravelDocument): void {
  const after = doc();
  form.set((state) => ({
    ...state,
    history: change({ ...state.history, present: before }, after, '', Date.now()),
  }));
  keep();
}
