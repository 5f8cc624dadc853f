import { useEffect, useMemo, useState } from 'preact/hooks';

import { call } from '../api/client';
import type { Job } from '../api/types';
import { amount } from '../model/format';
import { largestJump, parseLosses, unevenness } from '../model/series';
import { showFrame } from '../state/player';
import { fileAddress } from '../state/runs';
import { ChartBox } from './ChartBox';
import { comparePair } from './Compare';

type Distances = (number | null)[];

function useDistances(job: Job): Distances | null {
  const [distances, setDistances] = useState<Distances | null>(null);
  useEffect(() => {
    let gone = false;
    setDistances(null);
    call<{ lab: Distances }>('GET', `/jobs/${job.id}/motion`)
      .then(({ lab }) => {
        if (!gone) setDistances(lab);
      })
      .catch(() => {});
    return () => {
      gone = true;
    };
  }, [job.id, job.state]);
  return distances;
}

function useLosses(job: Job) {
  const [csv, setCsv] = useState('');
  useEffect(() => {
    let gone = false;
    setCsv('');
    if (job.request.mode !== 'grad') return undefined;
    fetch(fileAddress(job, 'losses.csv'))
      .then((response) => (response.ok ? response.text() : ''))
      .then((text) => {
        if (!gone) setCsv(text);
      })
      .catch(() => {});
    return () => {
      gone = true;
    };
  }, [job.id, job.state]);
  return useMemo(() => (csv === '' ? null : parseLosses(csv)), [csv]);
}

/** Columns of losses.csv that are worth a chart. */
const lossCharts = [
  { column: 'loss_latent', title: 'Latent loss of grad' },
  { column: 'l1_to', title: 'Distance to the next stage' },
];

function LossChart({ values, title }: { values: (number | null)[]; title: string }) {
  const x = useMemo(() => values.map((_, i) => i + 1), [values]);
  return (
    <ChartBox
      title={title}
      note="one point per iteration"
      x={x}
      values={values}
      lines={noLines}
      mark={null}
      onPick={() => {}}
    />
  );
}

const noLines: number[] = [];

/** How far neighbouring frames are apart, and what grad's walk came to. */
export function RunCharts({ job }: { job: Job }) {
  const distances = useDistances(job);
  const told = useLosses(job);
  const jump = distances ? largestJump(distances) : -1;
  const x = useMemo(() => (distances ?? []).map((_, i) => i), [distances]);
  if (!distances || distances.length < 2 || jump < 0) return null;
  const ratio = unevenness(distances);
  const note = `largest jump ${amount(distances[jump] ?? 0)} after frame ${jump}${ratio === null ? '' : `, ${amount(ratio)}× the usual`}`;
  return (
    <div class="charts">
      <ChartBox
        title="Distance between neighbours"
        note={note}
        x={x}
        values={distances}
        lines={job.stage_frames}
        mark={jump}
        onPick={showFrame}
      />
      <button type="button" class="button" onClick={() => comparePair(job.id, jump, jump + 1)}>
        Compare the largest jump
      </button>
      {lossCharts.map(({ column, title }) => {
        const values = told?.columns[told.names.indexOf(column)];
        return values && values.length > 1 ? (
          <LossChart key={column} values={values} title={title} />
        ) : null;
      })}
    </div>
  );
}
