import { Fragment } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

import { moveBy, reorder } from '../model/edit';
import { toRequest, type TravelDocument } from '../model/document';
import { findStageFrames, type StageFrame } from '../model/thumbs';
import { cardWidth, frameAtPlace, layOut, placeOfFrame, stagePlaces } from '../model/travel';
import { addStage, doc, form, removeStage, update } from '../state/form';
import { player, showFrame } from '../state/player';
import { frameAddress } from '../state/runs';
import { server } from '../state/server';
import { useStore } from '../state/store';
import { ui } from '../state/ui';
import { GapBar } from './GapBar';
import { StageCard } from './StageCard';
import { useNarrow } from './useMedia';
import { useWidth } from './useWidth';

function focusCard(key: string | undefined): void {
  if (key === undefined) return;
  ui.set({ stage: key });
  // After the card has become the one with the tab stop.
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>(`[data-stage="${key}"]`)?.focus(),
  );
}

/** Keys while a card has the focus. */
function onTrackKey(event: KeyboardEvent): void {
  const key = (event.target as HTMLElement).dataset?.stage;
  const { stages } = doc();
  const index = stages.findIndex((stage) => stage.key === key);
  if (key === undefined || index < 0) return;
  const sideways = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
  if (event.altKey || event.metaKey) return;
  if (sideways !== 0 && event.shiftKey) {
    update((now) => moveBy(now, index, sideways), `keys:${key}`);
  } else if (sideways !== 0 && event.ctrlKey) {
    update((now) => reorder(now, index, index + sideways));
    focusCard(key);
  } else if (sideways !== 0) {
    focusCard(stages[index + sideways]?.key);
  } else if (event.ctrlKey) {
    return;
  } else if (event.key === 'Enter') {
    document.querySelector<HTMLElement>('.prompt-main textarea')?.focus();
  } else if (event.key === 'Delete') {
    removeStage(key);
    focusCard(ui.get().stage ?? undefined);
  } else if (ui.get().letterKeys && /^[1-9]$/.test(event.key)) {
    focusCard(stages[Number(event.key) - 1]?.key);
  } else if (ui.get().letterKeys && event.key.toLowerCase() === 'n') {
    addStage(index);
    focusCard(ui.get().stage ?? undefined);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

/** The newest runs, among which stages find their pictures. */
const runsLookedAt = 500;

/** Which finished frame shows each stage, found for all stages at once. */
function useStageFrames(present: TravelDocument): (StageFrame | null)[] {
  const jobs = useStore(server, (state) => state.jobs);
  const frames = useStore(server, (state) => state.frames);
  const boot = useStore(server, (state) => state.boot);
  const newest = useMemo(
    () => [...jobs.values()].sort((a, b) => b.number - a.number).slice(0, runsLookedAt),
    [jobs],
  );
  return useMemo(() => {
    const standard = boot?.models.find((model) => model.is_default)?.name ?? '';
    const request = { ...boot?.defaults, ...toRequest(present, boot?.defaults ?? {}) };
    return findStageFrames(newest, frames, request, present.stages.length, standard);
  }, [present, newest, frames, boot]);
}

/** The finished picture of a stage, or a neutral pattern. */
function Thumb({ found }: { found: StageFrame | null }) {
  const [missing, setMissing] = useState('');
  const address = found ? frameAddress(found.id, found.frame, 192) : '';
  if (address === '' || address === missing) return <span class="card-thumb card-pattern" />;
  return (
    <img
      class="card-thumb"
      src={address}
      alt=""
      draggable={false}
      onError={() => setMissing(address)}
    />
  );
}

function Tokens({ index }: { index: number }) {
  const count = useStore(form, (state) => state.dry?.stages[index]);
  if (!count) return <span class="tokens">…</span>;
  const chunks = Math.max(1, count.chunks);
  return (
    <span
      class={chunks > 1 ? 'tokens tokens-many' : 'tokens'}
      title={`${count.tokens} tokens of ${chunks * 75}`}
    >
      {count.tokens}/{chunks * 75}
      {chunks > 1 && ` · ${chunks} chunks`}
    </span>
  );
}

/** Ticks, the stages' frames, and the playhead, which has a row of its own. */
function Axis(props: { frames: number[]; middles: number[]; width: number }) {
  const { frames, middles, width } = props;
  const shown = useStore(player, (state) => state.frame);
  const job = useStore(player, (state) => state.job);
  const stages = useStore(server, (state) =>
    job === null ? undefined : state.jobs.get(job)?.stage_frames,
  );
  const last = frames[frames.length - 1] ?? 0;
  const every = last > 400 ? 50 : last > 120 ? 10 : last > 60 ? 5 : 1;
  const ticks = [];
  for (let frame = 0; frame <= last; frame += every)
    ticks.push(placeOfFrame(frame, frames, middles));
  // The playhead is the shown run's; it only makes sense where that run has these stages.
  const same =
    stages !== undefined &&
    stages.length === frames.length &&
    stages.every((each, i) => each === frames[i]);
  const place = placeOfFrame(shown, frames, middles);
  return (
    <div
      class="axis"
      style={{ width: `${width}px` }}
      aria-hidden="true"
      onPointerDown={(event) => {
        if (!same) return;
        const box = event.currentTarget.getBoundingClientRect();
        showFrame(frameAtPlace(event.clientX - box.left, frames, middles));
      }}
    >
      <svg class="axis-ticks" width={width} height="10">
        {ticks.map((x) => (
          <line key={x} x1={x} x2={x} y1="0" y2="4" />
        ))}
        {middles.map((x) => (
          <line key={`s${x}`} class="axis-stage" x1={x} x2={x} y1="0" y2="8" />
        ))}
      </svg>
      {same && <span class="playhead" style={{ transform: `translateX(${place}px)` }} />}
    </div>
  );
}

/** The stages in a row (on phones in a column), with the ways between them. */
export function StageTrack() {
  const present = useStore(form, (state) => state.history.present);
  const dry = useStore(form, (state) => state.dry);
  const selected = useStore(ui, (state) => state.stage);
  const narrow = useNarrow();
  const box = useRef<HTMLDivElement>(null);
  const available = useWidth(box);
  const [mark, setMark] = useState<number | null>(null);
  const { stages } = present;
  const thumbs = useStageFrames(present);
  const own = stagePlaces(present);
  const counted =
    dry && dry.stages.length === stages.length
      ? dry.stages.map((each, i) => each.frame ?? own[i] ?? 0)
      : own;
  const last = useRef(stages.length);
  useEffect(() => {
    if (stages.length > last.current) box.current?.scrollTo({ left: 1e6, behavior: 'auto' });
    last.current = stages.length;
  }, [stages.length]);

  // 72: the button behind the last card, and the space around.
  const layout = layOut(present, available - 72);
  let x = 0;
  const middles = stages.map((_, i) => {
    x += (layout.gaps[i] ?? 0) + cardWidth;
    return x - cardWidth / 2;
  });
  const loops = present.values.loop === true && stages.length > 1;
  const hint =
    stages.length > 1
      ? ''
      : present.values.mode === 'grad'
        ? 'Wanders around its stage'
        : 'One more stage to travel to';
  const current = stages.some((stage) => stage.key === selected) ? selected : stages[0]?.key;
  return (
    <div class={narrow ? 'track-box track-narrow' : 'track-box'} ref={box} onKeyDown={onTrackKey}>
      <ol class="track" aria-label="Stages">
        {stages.map((stage, i) => (
          <Fragment key={stage.key}>
            <li class="track-item">
              {i > 0 && <GapBar index={i} width={narrow ? null : (layout.gaps[i] ?? null)} />}
              {mark === i && <span class="reorder-mark" />}
              <StageCard
                index={i}
                frame={counted[i] ?? own[i] ?? 0}
                scale={layout.scale}
                selected={stage.key === current}
                thumb={<Thumb found={thumbs[i] ?? null} />}
                tokens={<Tokens index={i} />}
                onReorderMark={setMark}
              />
              {mark === stages.length && i === stages.length - 1 && <span class="reorder-mark" />}
            </li>
          </Fragment>
        ))}
        <li class="track-item track-end">
          {loops && <GapBar index={0} width={narrow ? null : 96} closing />}
          <button
            type="button"
            class="add-stage"
            aria-label="Add a stage"
            onClick={() => addStage(stages.length - 1)}
          >
            <span aria-hidden="true">+</span>
            {hint !== '' && <span class="add-hint">{hint}</span>}
          </button>
        </li>
      </ol>
      {!narrow && <Axis frames={counted} middles={middles} width={layout.width} />}
    </div>
  );
}
