import { useEffect, useRef, useState } from 'preact/hooks';

import type { Job } from '../api/types';
import { player, showEnd, showFrame, stepFrame } from '../state/player';
import { frameAddress } from '../state/runs';
import { server } from '../state/server';
import { useStore } from '../state/store';
import { useWidth } from './useWidth';

const itemWidth = 60;
/** Thumbnails beside the visible ones. */
const spare = 4;

/** All frames of a run as a strip, which is also the scrubber. Only what is visible exists. */
export function Strip({ job, frames }: { job: Job; frames: number[] }) {
  const total = job.frames_total ?? Math.max(frames.length, 1);
  const frame = useStore(player, (state) => state.frame);
  const inWork = useStore(server, (state) =>
    state.progress?.id === job.id ? state.progress.frame : null,
  );
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [scroll, setScroll] = useState(0);
  const held = useRef(false);
  const there = new Set(frames);
  const stages = new Set(job.stage_frames);

  // The shown frame stays visible, unless the strip itself is being moved.
  useEffect(() => {
    const { current } = box;
    if (!current || held.current) return;
    const left = frame * itemWidth;
    if (left < current.scrollLeft || left + itemWidth > current.scrollLeft + current.clientWidth) {
      current.scrollLeft = left - current.clientWidth / 2 + itemWidth / 2;
    }
  }, [frame, job.id]);

  const first = Math.max(0, Math.floor(scroll / itemWidth) - spare);
  const last = Math.min(total - 1, Math.ceil((scroll + width) / itemWidth) + spare);
  const visible = [];
  for (let i = first; i <= last; i++) visible.push(i);

  const frameAt = (x: number): number | null => {
    const { current } = box;
    if (!current) return null;
    const place = x - current.getBoundingClientRect().left + current.scrollLeft;
    const at = Math.min(total - 1, Math.max(0, Math.floor(place / itemWidth)));
    return there.has(at) ? at : null;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowLeft') stepFrame(-1);
    else if (event.key === 'ArrowRight') stepFrame(1);
    else if (event.key === 'Home') showEnd('first');
    else if (event.key === 'End') showEnd('last');
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={box}
      class="strip"
      role="listbox"
      aria-label="Frames"
      aria-orientation="horizontal"
      tabIndex={0}
      {...(there.has(frame) && frame >= first && frame <= last
        ? { 'aria-activedescendant': `frame-${frame}` }
        : {})}
      onScroll={(event) => setScroll(event.currentTarget.scrollLeft)}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        if (event.pointerType === 'touch') return;
        held.current = true;
        const at = frameAt(event.clientX);
        if (at !== null) showFrame(at);
      }}
      onPointerMove={(event) => {
        if (!held.current || event.buttons === 0) return;
        const at = frameAt(event.clientX);
        if (at !== null && at !== player.get().frame) showFrame(at);
      }}
      onPointerUp={() => (held.current = false)}
      onPointerLeave={() => (held.current = false)}
      onClick={(event) => {
        const at = frameAt(event.clientX);
        if (at !== null) showFrame(at);
      }}
    >
      <div class="strip-room" role="presentation" style={{ width: `${total * itemWidth}px` }}>
        {visible.map((i) => (
          <div
            key={i}
            id={`frame-${i}`}
            role="option"
            aria-selected={i === frame}
            aria-setsize={total}
            aria-posinset={i + 1}
            aria-label={`Frame ${i}${stages.has(i) ? ', stage' : ''}${there.has(i) ? '' : i === inWork ? ', being drawn' : ', not drawn yet'}`}
            class={stripClass(there.has(i), stages.has(i), i === inWork, i === frame)}
            style={{ transform: `translateX(${i * itemWidth}px)` }}
          >
            {there.has(i) ? (
              <img
                src={frameAddress(job.id, i, 96)}
                alt=""
                width={52}
                height={52}
                draggable={false}
                decoding="async"
              />
            ) : (
              <span>{i}</span>
            )}
          </div>
        ))}
      </div>
    </div>
  );
}

function stripClass(there: boolean, stage: boolean, work: boolean, shown: boolean): string {
  return [
    'strip-frame',
    there ? '' : 'strip-missing',
    stage ? 'strip-stage' : '',
    work && !there ? 'strip-work' : '',
    shown ? 'strip-shown' : '',
  ]
    .filter(Boolean)
    .join(' ');
}
