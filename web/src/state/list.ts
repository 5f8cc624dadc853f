// The list of runs that are over, page by page; runs that wait or are drawn come from the queue.

import { call, isPassing } from '../api/client';
import type { Job, JobPage } from '../api/types';
import { sayError } from './messages';
import { onListChanged } from './runs';
import { learnJobs, onServerEvent, server } from './server';
import { createStore } from './store';

export interface RunList {
  search: string;
  ids: string[];
  /** The number to go on from; null at the end. */
  next: number | null;
  loading: boolean;
  /** Deleted runs that can still be had back, the newest first. */
  deleted: Job[];
}

export const list = createStore<RunList>({
  search: '',
  ids: [],
  next: null,
  loading: false,
  deleted: [],
});

const over = 'done,cancelled,failed';
const pageSize = 40;
const mostDeleted = 100;
let asked = 0;
/** What events have told since the last question was asked: whether a run is in the list. */
let toldSince = new Map<string, boolean>();

const numberOf = (id: string) => server.get().jobs.get(id)?.number ?? 0;

/** The newest first, each once. */
function ordered(ids: string[]): string[] {
  return [...new Set(ids)].sort((a, b) => numberOf(b) - numberOf(a));
}

/** An answer's ids, corrected by what came after the question. */
function corrected(ids: string[]): string[] {
  const come = [...toldSince].filter(([, listed]) => listed).map(([id]) => id);
  return ordered([...come, ...ids.filter((id) => toldSince.get(id) !== false)]);
}

async function load(before: number | null): Promise<void> {
  asked += 1;
  const mine = asked;
  toldSince = new Map();
  list.set({ loading: true });
  const query = new URLSearchParams({ state: over, limit: String(pageSize) });
  if (list.get().search !== '') query.set('search', list.get().search);
  if (before !== null) query.set('before', String(before));
  try {
    const page = await call<JobPage>('GET', `/jobs?${query.toString()}`);
    if (mine !== asked) return;
    learnJobs(page.jobs);
    const ids = page.jobs.map((job) => job.id);
    list.set((now) => ({
      ...now,
      ids: corrected(before === null ? ids : [...now.ids, ...ids]),
      next: page.next,
      loading: false,
    }));
  } catch (error) {
    if (mine !== asked) return;
    list.set({ loading: false });
    // Without a connection the bar says so, and the list is read again when it is back.
    if (!isPassing(error)) sayError(error);
  }
}

/** What has come to the top meanwhile; what was read below stays as it is. */
async function loadNewest(): Promise<void> {
  const { ids, next, search } = list.get();
  await load(null);
  if (list.get().search !== search) return;
  const known = new Set(list.get().ids);
  const oldest = Math.min(...[...known].map(numberOf));
  const below = ids.filter((id) => !known.has(id) && numberOf(id) < oldest);
  if (below.length > 0) list.set({ ids: [...list.get().ids, ...below], next });
}

async function loadDeleted(): Promise<void> {
  try {
    const { jobs } = await call<JobPage>('GET', `/jobs?trashed=1&limit=${mostDeleted}`);
    list.set({ deleted: jobs });
  } catch (error) {
    // Without a connection: asked again when it is back.
    if (!isPassing(error)) sayError(error);
  }
}

export async function loadFirst(): Promise<void> {
  await Promise.all([load(null), loadDeleted()]);
}

export function loadMore(): void {
  const { next, loading } = list.get();
  if (next !== null && !loading) void load(next);
}

let timer: ReturnType<typeof setTimeout> | undefined;
let deletedTimer: ReturnType<typeof setTimeout> | undefined;

/** Many runs may be deleted at once. */
function loadDeletedSoon(): void {
  clearTimeout(deletedTimer);
  deletedTimer = setTimeout(() => void loadDeleted(), 100);
}

export function searchRuns(search: string): void {
  list.set({ search });
  clearTimeout(timer);
  timer = setTimeout(() => void load(null), 200);
}

/** Runs that end come to the top of the list; those that go on leave it. */
export function followList(): void {
  onServerEvent((event) => {
    if (event.name === 'removed') {
      toldSince.set(event.data.id, false);
      list.set((now) => ({ ...now, ids: now.ids.filter((id) => id !== event.data.id) }));
      loadDeletedSoon();
    }
    // What was missed while there was no connection.
    if (event.name === 'snapshot') {
      loadDeletedSoon();
      void loadNewest();
    }
    if (event.name !== 'job') return;
    const { id, state, trashed } = event.data;
    if (list.get().deleted.some((each) => each.id === id)) loadDeletedSoon();
    const listed = list.get().ids.includes(id);
    const ended = over.split(',').includes(state) && !trashed;
    if (list.get().search === '') toldSince.set(id, ended);
    if (ended && !listed && list.get().search === '') {
      list.set((now) => ({ ...now, ids: ordered([id, ...now.ids]) }));
    } else if (!ended && listed) {
      list.set((now) => ({ ...now, ids: now.ids.filter((each) => each !== id) }));
    }
  });
  onListChanged(() => void loadFirst());
}
