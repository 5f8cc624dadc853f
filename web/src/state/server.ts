// What the server has told: never the page's own opinion. Loaded at the start and after every
// snapshot, kept true by events.

import { ApiError, call, callUntilAnswered } from '../api/client';
import type { Connection } from '../api/eventStream';
import { followServer } from '../api/sharedStream';
import type {
  Bootstrap,
  Job,
  JobPage,
  PreviewEvent,
  ProgressEvent,
  Queue,
  ServerEvent,
} from '../api/types';
import { parseRanges } from '../model/travel';
import { note, sayError } from './messages';
import { createStore } from './store';

export interface ServerState {
  boot: Bootstrap | null;
  queue: Queue;
  /** Every run that the page has heard of, by id. */
  jobs: ReadonlyMap<string, Job>;
  /** Frames that are there, by run; of runs that are done all of them are. */
  frames: ReadonlyMap<string, ReadonlySet<number>>;
  progress: ProgressEvent | null;
  preview: PreviewEvent | null;
  connection: Connection;
  /** The server is another version than the one this page came from. */
  outdated: boolean;
  /** Why the page could not be opened; empty when it was, or may yet be. */
  refusal: string;
}

export const server = createStore<ServerState>({
  boot: null,
  queue: { waiting: [], current: null, paused: '' },
  jobs: new Map(),
  frames: new Map(),
  progress: null,
  preview: null,
  connection: { state: 'connecting' },
  outdated: false,
  refusal: '',
});

/** How many events told of each run: an answer that was under way meanwhile is older than they. */
const told = new Map<string, number>();

export function timesTold(id: string): number {
  return told.get(id) ?? 0;
}

/** Takes over an answer to a request, unless events have told of the run since it was asked. */
export function learnAnswer(job: Job, toldBefore: number): void {
  if (timesTold(job.id) === toldBefore) learnJobs([job]);
}

/** Asks for a run that is not among those told at the beginning; one that is gone is left out. */
export async function learnJob(id: string | null): Promise<void> {
  if (id === null || server.get().jobs.has(id)) return;
  try {
    const before = timesTold(id);
    const job = await call<Job>('GET', `/jobs/${id}`);
    if (!job.trashed) learnAnswer(job, before);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) sayError(error);
  }
}

type Listener = (event: ServerEvent) => void;
const listeners = new Set<Listener>();

/** Calls back for every event after the state knows of it. */
export function onServerEvent(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

let version: string | null = null;

function knowVersion(told: string | undefined): void {
  if (told === undefined) return;
  if (version !== null && version !== told) server.set({ outdated: true });
  version ??= told;
}

/** Frames that a summary tells of; events may have told of more meanwhile. */
function framesOf(job: Job, known: ReadonlySet<number> | undefined): ReadonlySet<number> {
  const told = parseRanges(job.frames_ready);
  return known && known.size >= told.length ? known : new Set(told);
}

/** Takes over what is said of runs. */
export function learnJobs(jobs: Job[]): void {
  server.set((state) => {
    const all = new Map(state.jobs);
    const frames = new Map(state.frames);
    for (const job of jobs) {
      all.set(job.id, job);
      frames.set(job.id, framesOf(job, frames.get(job.id)));
    }
    return { ...state, jobs: all, frames };
  });
}

export function forgetJob(id: string): void {
  server.set((state) => {
    const jobs = new Map(state.jobs);
    jobs.delete(id);
    return { ...state, jobs };
  });
}

const inWork = (job: Job) => ['loading', 'drawing', 'assembling'].includes(job.state);

function queueWith(queue: Queue, job: Job): Queue {
  const waiting = queue.waiting.filter((id) => id !== job.id);
  let { current } = queue;
  if (inWork(job)) current = job.id;
  else if (current === job.id) current = null;
  const waits = job.state === 'queued' || job.state === 'interrupted';
  if (waits && !job.trashed) waiting.splice((job.place ?? waiting.length + 1) - 1, 0, job.id);
  return { ...queue, current, waiting };
}

function take(event: ServerEvent): void {
  switch (event.name) {
    case 'snapshot': {
      const { queue, current, jobs } = event.data;
      knowVersion(event.data.version);
      learnJobs(current ? [current, ...jobs] : jobs);
      server.set((state) => ({
        ...state,
        queue,
        progress: state.progress?.id === queue.current ? state.progress : null,
        preview: state.preview?.id === queue.current ? state.preview : null,
      }));
      break;
    }
    case 'job': {
      const job = event.data;
      told.set(job.id, timesTold(job.id) + 1);
      learnJobs([job]);
      server.set((state) => {
        const idle = !inWork(job) && state.progress?.id === job.id;
        return {
          ...state,
          queue: queueWith(state.queue, job),
          progress: idle ? null : state.progress,
          preview: idle ? null : state.preview,
        };
      });
      break;
    }
    case 'progress':
      server.set({ progress: event.data });
      break;
    case 'preview':
      server.set({ preview: event.data });
      break;
    case 'frame':
      takeFrame(event.data.id, event.data.index, event.data.frames_done);
      break;
    case 'removed':
      forgetJob(event.data.id);
      break;
    case 'note':
      note(event.data.text); // stands below the run's pictures
      break;
    case 'paused':
      server.set((state) => ({ ...state, queue: { ...state.queue, paused: event.data.reason } }));
      break;
    case 'models':
      refreshModels().catch(sayError);
      break;
  }
}

function takeFrame(id: string, index: number, done: number): void {
  server.set((state) => {
    const frames = new Map(state.frames);
    frames.set(id, new Set([...(frames.get(id) ?? []), index]));
    const job = state.jobs.get(id);
    const jobs = job ? new Map(state.jobs).set(id, { ...job, frames_done: done }) : state.jobs;
    return { ...state, frames, jobs };
  });
}

export async function refreshModels(): Promise<void> {
  const { models, vaes } = await call<Pick<Bootstrap, 'models' | 'vaes'>>('GET', '/models');
  server.set((state) => (state.boot ? { ...state, boot: { ...state.boot, models, vaes } } : state));
}

/**
 * Loads everything and follows the events. They are listened to from the beginning, as another tab's
 * stream sends none again, and taken once the answers, which may be older, are there.
 */
export async function connect(): Promise<Bootstrap> {
  const early: ServerEvent[] = [];
  let ready = false;
  const onEvent = (event: ServerEvent) => {
    take(event);
    for (const listener of listeners) listener(event);
  };
  followServer({
    onConnection: (connection) => server.set({ connection }),
    onEvent: (event) => {
      if (ready) onEvent(event);
      else early.push(event);
    },
  });
  const boot = await callUntilAnswered<Bootstrap>('GET', '/bootstrap');
  knowVersion(boot.version);
  server.set({ boot, queue: boot.queue });
  const page = await callUntilAnswered<JobPage>('GET', '/jobs?limit=50');
  learnJobs(page.jobs);
  ready = true;
  early.forEach(onEvent);
  return boot;
}

export function isInWork(job: Job | undefined): boolean {
  return job !== undefined && inWork(job);
}

/** The frames of a run that can be shown, in order. */
export function shownFrames(state: ServerState, job: Job | undefined): number[] {
  if (!job) return [];
  const total = job.frames_total ?? 0;
  if (job.state === 'done' && total > 0) return Array.from({ length: total }, (_, i) => i);
  return [...(state.frames.get(job.id) ?? [])].sort((a, b) => a - b);
}
