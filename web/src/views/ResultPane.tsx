import type { Job } from '../api/types';
import { reducedMotion } from '../state/ui';
import { duration, plural } from '../model/format';
import { setField } from '../state/form';
import { followAgain, player } from '../state/player';
import { problemText } from '../state/problems';
import { continueRun, fileAddress, retry, runName } from '../state/runs';
import { isInWork, server } from '../state/server';
import { useStore } from '../state/store';
import { ui } from '../state/ui';
import { Compare, openCompare } from './Compare';
import { Example } from './Example';
import { FrameView } from './FrameView';
import { LivePreview } from './LivePreview';
import { Menu } from './Menu';
import { PlayerControls } from './PlayerControls';
import { ProgressLine } from './ProgressLine';
import { RunCharts } from './RunCharts';
import { downloads, runAgain } from './runMenu';
import { Strip } from './Strip';
import { useFrames, useShownRun } from './useRun';

const stateWords: Record<string, string> = {
  queued: 'waiting',
  loading: 'loading the model',
  drawing: 'drawing',
  assembling: 'making the video',
  done: 'done',
  cancelled: 'cancelled',
  failed: 'failed',
  interrupted: 'interrupted, goes on by itself',
};

export function stateText(job: Job): string {
  const words = stateWords[job.state] ?? job.state;
  return job.state === 'queued' && job.place !== null ? `${words}, place ${job.place}` : words;
}

/** The run's settings with half its size into the form. */
function drawSmaller(job: Job): void {
  runAgain(job);
  for (const side of ['width', 'height']) {
    setField(side, Math.max(64, Math.round(Number(job.request[side]) / 16) * 8));
  }
}

/** What failed, why, and what can be done. */
function Failure({ job }: { job: Job }) {
  if (job.state !== 'failed' || !job.error) return null;
  const { code, message, problems } = job.error;
  const memory = code === 'out_of_memory';
  return (
    <div class="failure" role="alert">
      <p>
        <strong>{runName(job)} failed.</strong> {message}
      </p>
      {problems?.map((problem) => (
        <p key={problem.field + problem.message}>{problemText(problem)}</p>
      ))}
      {memory && <p>A smaller picture needs less memory.</p>}
      <div class="row">
        <button type="button" class="button" onClick={() => void retry(job)}>
          Retry
        </button>
        {memory && (
          <button type="button" class="button" onClick={() => drawSmaller(job)}>
            Draw smaller
          </button>
        )}
        <button type="button" class="button" onClick={() => runAgain(job)}>
          Change settings
        </button>
        {job.folder !== null && job.request.mode !== 'linear' && (
          <a class="button" href={fileAddress(job, 'log.txt')} target="_blank" rel="noreferrer">
            Show log
          </a>
        )}
      </div>
    </div>
  );
}

/** The large picture: the shown frame, the frame in work before there is one, or the video. */
function Screen({ job, frames }: { job: Job; frames: number[] }) {
  const { frame, view, follow, playing } = useStore(player, (state) => state);
  const live = isInWork(job);
  const at = frames.indexOf(frame);
  const shown = at >= 0 ? frame : (frames[0] ?? null);
  if (view === 'video' && job.video !== null) return <VideoView job={job} />;
  return (
    <div class="stagebox">
      {shown === null ? (
        <div class="blank">
          <span>{live || job.state === 'queued' ? stateText(job) : 'no frames'}</span>
        </div>
      ) : (
        <FrameView
          id={job.id}
          frame={shown}
          soon={frames.slice(Math.max(0, at), at + 6)}
          playing={playing}
          label={`Frame ${shown} of ${runName(job)}`}
        />
      )}
      {live && <LivePreview job={job} small={shown !== null} />}
      {live && !follow && (
        <button type="button" class="button follow" onClick={followAgain}>
          Follow
        </button>
      )}
    </div>
  );
}

function VideoView({ job }: { job: Job }) {
  const name = job.video ?? '';
  const made = useStore(player, (state) => state.videosMade);
  const address = fileAddress(job, name);
  if (/\.(gif|webp|png)$/.test(name)) {
    return (
      <div class="stagebox">
        <img key={made} class="video" src={address} alt={`The video of ${runName(job)}`} />
      </div>
    );
  }
  return (
    <div class="stagebox">
      <video
        key={made}
        class="video"
        src={address}
        controls
        loop
        muted
        playsInline
        autoPlay={!reducedMotion()}
        aria-label={`The video of ${runName(job)}`}
      />
    </div>
  );
}

function Actions({ job, frames }: { job: Job; frames: number[] }) {
  const view = useStore(player, (state) => state.view);
  if (frames.length === 0) return null;
  return (
    <div class="row actions">
      {job.state === 'cancelled' && (
        <button type="button" class="button" onClick={() => void continueRun(job)}>
          Continue
        </button>
      )}
      <button
        type="button"
        class="button"
        aria-pressed={view === 'compare'}
        disabled={frames.length < 2}
        onClick={() =>
          view === 'compare' ? player.set({ view: 'frames' }) : openCompare(job, frames)
        }
      >
        Compare
      </button>
      <Menu label="Download" button="Download" items={downloads(job)} />
      {!isInWork(job) && (
        <button
          type="button"
          class="button"
          onClick={() => ui.set({ dialog: 'video', dialogJob: job.id })}
        >
          {job.video === null ? 'Make a video…' : 'Another video…'}
        </button>
      )}
      <button type="button" class="button" onClick={() => runAgain(job)}>
        Run again…
      </button>
    </div>
  );
}

function Head({ job }: { job: Job }) {
  const view = useStore(player, (state) => state.view);
  const took =
    job.started !== null && job.finished !== null
      ? ` in ${duration(job.finished - job.started)}`
      : '';
  return (
    <header class="result-head">
      <div class="result-title">
        <h2 title={job.title}>{job.name || job.title}</h2>
        <p class="quiet">
          {runName(job)} · <span data-state={job.state}>{stateText(job)}</span>
          {job.state === 'done' && ` · ${plural(job.frames_done, 'frame')}${took}`}
        </p>
      </div>
      {job.video !== null && view !== 'compare' && (
        <div class="segmented" role="group" aria-label="Show">
          <button
            type="button"
            aria-pressed={view === 'frames'}
            onClick={() => player.set({ view: 'frames' })}
          >
            Frames
          </button>
          <button
            type="button"
            aria-pressed={view === 'video'}
            onClick={() => player.set({ view: 'video', playing: false })}
          >
            Video
          </button>
        </div>
      )}
    </header>
  );
}

/** What is drawn, or was: the run that is looked at, or the example before there is one. */
export function ResultPane() {
  const job = useShownRun();
  const frames = useFrames(job);
  const view = useStore(player, (state) => state.view);
  const some = useStore(server, (state) => state.jobs.size > 0);
  if (!job) return some ? <p class="panel quiet">Choose a run below.</p> : <Example />;
  return (
    <section class="panel result" aria-label="Result" data-run={job.id}>
      <Head job={job} />
      <Failure job={job} />
      <span class="hidden" role="status">
        {isInWork(job) ? '' : `${runName(job)}: ${stateText(job)}`}
      </span>
      {view === 'compare' ? <Compare /> : <Screen job={job} frames={frames} />}
      <ProgressLine job={job} />
      {view === 'frames' && frames.length > 0 && <PlayerControls job={job} frames={frames} />}
      {(job.frames_total ?? 0) > 0 && <Strip job={job} frames={frames} />}
      <Actions job={job} frames={frames} />
      {job.notes.length > 0 && (
        <ul class="notes">
          {job.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      {!isInWork(job) && frames.length > 2 && <RunCharts job={job} />}
    </section>
  );
}
