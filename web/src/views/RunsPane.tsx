import { useEffect, useRef, useState } from 'preact/hooks';

import type { Job } from '../api/types';
import { useFieldTable } from '../controls/useField';
import { changeTexts } from '../model/fields';
import { clock, duration, plural } from '../model/format';
import { list, loadMore, searchRuns } from '../state/list';
import { chooseRun } from '../state/player';
import { cancel, frameAddress, restore, runName } from '../state/runs';
import { isInWork, server, shownFrames } from '../state/server';
import { useStore } from '../state/store';
import { reducedMotion } from '../state/ui';
import { Dots } from './icons';
import { Menu } from './Menu';
import { stateText } from './ResultPane';
import { RunChunk } from './RunChunk';
import { runItems } from './runMenu';
import { player } from '../state/player';

/** A run's picture; under the pointer, or while its line has the focus, it moves. */
function RunThumb({ job, moving }: { job: Job; moving: boolean }) {
  const frames = shownFrames(server.get(), job);
  const [at, setAt] = useState(0);
  useEffect(() => {
    if (!moving || frames.length < 2) {
      setAt(0);
      return undefined;
    }
    // At most 40 thumbnails of a film, so that looking costs little.
    const stride = Math.max(1, Math.ceil(frames.length / 40));
    const timer = setInterval(
      () => setAt((now) => (now + stride) % frames.length),
      1000 / Math.min(12, job.fps || 10),
    );
    return () => clearInterval(timer);
  }, [moving, frames.length]);
  const frame = frames[Math.min(at, frames.length - 1)];
  if (frame === undefined) return <span class="run-thumb card-pattern" />;
  return (
    <img
      class="run-thumb"
      src={frameAddress(job.id, frame, 96)}
      alt=""
      width={44}
      height={44}
      loading="lazy"
    />
  );
}

function RunLine({ job }: { job: Job }) {
  const table = useFieldTable();
  const shown = useStore(player, (state) => state.job === job.id);
  const [moving, setMoving] = useState(false);
  const changes = changeTexts(job.changes, table);
  const took =
    job.started !== null && job.finished !== null ? duration(job.finished - job.started) : '';
  const count =
    job.frames_total === null
      ? ''
      : job.state === 'done'
        ? plural(job.frames_total, 'frame')
        : `${job.frames_done}/${job.frames_total}`;
  const facts = [job.state === 'done' ? '' : stateText(job), count, took, clock(job.created)]
    .filter(Boolean)
    .join(' · ');
  return (
    <div
      role="listitem"
      class={shown ? 'run run-shown' : 'run'}
      data-run={job.id}
      onPointerEnter={() => setMoving(!reducedMotion())}
      onPointerLeave={() => setMoving(false)}
    >
      <button
        type="button"
        class="run-main"
        aria-current={shown}
        onClick={() => chooseRun(job.id)}
        onKeyDown={(event) => {
          if (event.key !== ' ') return;
          // Space plays the thumbnail; Enter shows the run.
          event.preventDefault();
          event.stopPropagation();
          setMoving(!moving);
        }}
        onBlur={() => setMoving(false)}
      >
        <RunThumb job={job} moving={moving} />
        <span class="run-text">
          <span class="run-title">{job.name || job.title}</span>
          <span class="run-facts">
            <span class="run-number">{job.number}</span> {facts}
          </span>
          {changes.length > 0 && (
            <span class="run-changes">
              {changes.slice(0, 3).join(' · ')}
              {changes.length > 3 ? ` · ${changes.length - 3} more` : ''}
            </span>
          )}
        </span>
      </button>
      {(job.state === 'queued' || isInWork(job)) && (
        <button
          type="button"
          class="button button-quiet"
          aria-label={`Cancel ${runName(job).toLowerCase()}`}
          onClick={() => void cancel(job)}
        >
          Cancel
        </button>
      )}
      <Menu
        class="button button-icon button-quiet"
        label={`More for ${runName(job).toLowerCase()}`}
        button={<Dots />}
        items={runItems(job)}
      />
    </div>
  );
}

/** Lines that come into the document and leave it together. */
const chunkSize = 20;

function Group(props: { title: string; jobs: Job[] }) {
  if (props.jobs.length === 0) return null;
  const starts = Array.from(
    { length: Math.ceil(props.jobs.length / chunkSize) },
    (_, i) => i * chunkSize,
  );
  return (
    <>
      <h3 class="runs-title">{props.title}</h3>
      <div role="list" class="run-list">
        {starts.map((from) => (
          <RunChunk
            key={from}
            lines={() =>
              props.jobs
                .slice(from, from + chunkSize)
                .map((job) => <RunLine key={job.id} job={job} />)
            }
          />
        ))}
      </div>
    </>
  );
}

/** Runs in the trash; the server empties it after a while. */
function DeletedRuns({ jobs }: { jobs: Job[] }) {
  const summary = useRef<HTMLElement>(null);
  if (jobs.length === 0) return null;
  const back = (job: Job) => {
    // The button goes with its line.
    summary.current?.focus();
    void restore(job);
  };
  return (
    <details class="runs-deleted">
      <summary ref={summary} class="runs-title">
        Deleted ({jobs.length})
      </summary>
      <ul class="run-list">
        {jobs.map((job) => (
          <li key={job.id} class="run">
            <span class="run-main run-gone">
              <span class="run-text">
                <span class="run-title">{job.name || job.title}</span>
                <span class="run-facts">
                  <span class="run-number">{job.number}</span> {plural(job.frames_done, 'frame')} ·{' '}
                  {clock(job.created)}
                </span>
              </span>
            </span>
            <button
              type="button"
              class="button button-quiet"
              aria-label={`Restore ${runName(job).toLowerCase()}`}
              onClick={() => back(job)}
            >
              Restore
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Now, queued and done; the last read page by page as one scrolls. */
export function RunsPane() {
  const jobs = useStore(server, (state) => state.jobs);
  const queue = useStore(server, (state) => state.queue);
  const { ids, next, search, loading, deleted } = useStore(list, (state) => state);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = end;
    if (!current) return undefined;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) loadMore();
    });
    observer.observe(current);
    return () => observer.disconnect();
  }, [next]);
  const find = (id: string | null) => (id === null ? undefined : jobs.get(id));
  const some = (all: (Job | undefined)[]) => all.filter((job): job is Job => job !== undefined);
  const now = some([find(queue.current)]);
  const queued = some(queue.waiting.map(find)).filter((job) => job.id !== queue.current);
  const waiting = new Set(queue.waiting);
  const done = some(ids.map(find)).filter(
    (job) => job.id !== queue.current && !waiting.has(job.id),
  );
  const empty = now.length + queued.length + done.length === 0;
  if (empty && search === '' && deleted.length === 0) return null;
  return (
    <section class="panel runs" aria-label="Runs">
      <header class="panel-head">
        <h2>Runs</h2>
        <input
          id="search-runs"
          class="input search"
          type="search"
          placeholder="Search prompts"
          aria-label="Search runs by prompt"
          value={search}
          onInput={(event) => searchRuns(event.currentTarget.value)}
        />
      </header>
      <div class="runs-scroll">
        <Group title="Now" jobs={now} />
        <Group title="Queued" jobs={queued} />
        <Group title="Done" jobs={done} />
        {done.length === 0 && !loading && search !== '' && (
          <p class="quiet">
            {empty ? 'No run has these words.' : 'No run that is over has these words.'}
          </p>
        )}
        <div ref={end} class="runs-end">
          {next !== null && (
            <button type="button" class="button button-quiet" onClick={loadMore}>
              {loading ? 'Loading…' : 'Older runs'}
            </button>
          )}
        </div>
      </div>
      <DeletedRuns jobs={deleted} />
    </section>
  );
}
