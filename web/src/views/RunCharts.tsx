import { useMemo } from 'preact/hooks';

import type { Job, Motion } from '../api/types';
import { call, readText } from '../api/client';
import {
  canBeEvened,
  evennessText,
  jumpsOf,
  jumpText,
  largestJumps,
  shownDistances,
  worstPair,
  type ShownJump,
} from '../model/motion';
import { parseLosses } from '../model/series';
import { showFrame } from '../state/player';
import { evenOut } from '../state/form';
import { fileAddress, runName } from '../state/runs';
import { server } from '../state/server';
import { useStore } from '../state/store';
import { ChartBox } from './ChartBox';
import { comparePair } from './Compare';
import { useAnswer } from './useAnswer';

const none: number[] = [];

/** What files of a run depend on: it may have been continued. */
function stateKey(job: Job): string {
  return `${job.id} ${job.state} ${job.frames_done}`;
}

/** Columns of losses.csv that are worth a chart. */
const lossCharts = [
  { column: 'loss_latent', title: 'Latent loss of grad' },
  { column: 'l1_to', title: 'Distance to the next stage' },
];

/** What grad's walk came to. */
function LossCharts({ job }: { job: Job }) {
  const address = fileAddress(job, 'losses.csv');
  const { answer, problem } = useAnswer(stateKey(job), async (signal) => {
    // A walk that was stopped early has none.
    const csv = await readText(address, signal);
    return csv === null ? null : parseLosses(csv);
  });
  if (problem !== '') return <p class="quiet">The losses cannot be read: {problem}</p>;
  return (
    <>
      {lossCharts.map(({ column, title }) => {
        const values = answer?.columns[answer.names.indexOf(column)];
        return values && values.length > 1 ? (
          <ChartBox
            key={column}
            title={title}
            note="one point per iteration"
            first={1}
            values={values}
            lines={none}
            marks={none}
          />
        ) : null;
      })}
    </>
  );
}

/** The jumps as buttons: a chart has too little room to hit one of many frames. */
function Jumps({ jumps }: { jumps: ShownJump[] }) {
  if (jumps.length === 0) return null;
  const largest = largestJumps(jumps, 6);
  const more = jumps.length - largest.length;
  return (
    <div class="jumps" role="group" aria-label="Jumps">
      <span class="quiet">{jumps.length === 1 ? 'Jump' : 'Jumps'}</span>
      {largest.map((jump) => (
        <button
          key={jump.from}
          type="button"
          class="word"
          title={`Show frame ${jump.to}`}
          onClick={() => showFrame(jump.to)}
        >
          <span class="hidden">Show frame {jump.to}, after the jump</span> {jumpText(jump)}
        </button>
      ))}
      {more > 0 && <span class="quiet">and {more} smaller</span>}
    </div>
  );
}

/** Pixels of all frames that the server measures at once for looking at a run: about 15 s of work. */
const mostMeasured = 40e6;

/** Whether how a run moves is told at once: it has its report, or measuring costs little. */
function isSoonTold(job: Job): boolean {
  const side = (name: string) => Number(job.request[name]) || 512;
  return job.state === 'done' || job.frames_done * side('width') * side('height') <= mostMeasured;
}

/** How far neighbouring frames are apart, where it jumps, and what grad's walk came to. */
export function RunCharts({ job }: { job: Job }) {
  return (
    <div class="charts">
      {isSoonTold(job) ? (
        <MotionCharts job={job} />
      ) : (
        <p class="quiet">How evenly it moves is measured when the run is done.</p>
      )}
      {job.request.mode === 'grad' && <LossCharts job={job} />}
    </div>
  );
}

/** A long run is measured a part at a time, at each request. */
const askAgainAfter = 300;

async function wholeMotion(id: string, signal: AbortSignal): Promise<Motion> {
  for (;;) {
    const motion = await call<Motion>('GET', `/jobs/${id}/motion`, { signal });
    if (motion.pending === 0 || signal.aborted) return motion;
    await new Promise((resolve) => setTimeout(resolve, askAgainAfter));
  }
}

function MotionCharts({ job }: { job: Job }) {
  const { answer, problem } = useAnswer(stateKey(job), (signal) =>
    wholeMotion(job.id, signal),
  );
  const distances = useMemo(() => (answer ? shownDistances(answer) : []), [answer]);
  const marks = useMemo(
    () => distances.map(({ distance }) => distance.jumps.map(({ to }) => to.frame)),
    [distances],
  );
  const pair = worstPair(distances);
  const jumps = jumpsOf(distances);
  const smooth = useStore(server, (state) => state.boot?.smooth);
  return (
    <>
      {problem !== '' && <p class="quiet">How it moves cannot be told: {problem}</p>}
      {problem === '' && answer === null && <p class="quiet">Measuring how evenly it moves…</p>}
      {distances.map(({ title, distance }, i) => (
        <ChartBox
          key={title}
          title={`${title}: distance from the frame before`}
          note={evennessText(distance)}
          first={1}
          values={distance.steps}
          lines={job.stage_frames}
          marks={marks[i] ?? none}
          onPick={showFrame}
        />
      ))}
      <Jumps jumps={jumps} />
      <div class="row">
        {pair && (
          <button
            type="button"
            class="button"
            onClick={() => comparePair(job.id, pair.from, pair.to)}
          >
            Compare the largest step
          </button>
        )}
        {jumps.length > 0 && smooth && canBeEvened(job.request, smooth) && (
          <button
            type="button"
            class="button"
            title="Takes over this run's settings with smooth motion"
            onClick={() => {
              evenOut(job.request, runName(job));
              document.querySelector<HTMLElement>('.button-run')?.focus();
            }}
          >
            Even it out…
          </button>
        )}
      </div>
    </>
  );
}
