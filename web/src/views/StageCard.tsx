import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';

import type { TravelDocument } from '../model/document';
import { moveBy, reorder } from '../model/edit';
import { firstWords } from '../model/format';
import { doc, dragTo, endDrag, update } from '../state/form';
import { ui } from '../state/ui';
import { Grip } from './icons';
import { useDropTarget } from './useDropTarget';

/** Less movement than this is a click. */
const threshold = 4;

interface Drag {
  x: number;
  scale: number;
  before: TravelDocument;
  moved: boolean;
}

/** A stage on the track. Dragged sideways it changes the steps before it; by its grip, its place. */
export function StageCard(props: {
  index: number;
  frame: number;
  scale: number;
  selected: boolean;
  thumb: ComponentChildren;
  tokens: ComponentChildren;
  onReorderMark: (place: number | null) => void;
}) {
  const { index, frame, scale, selected } = props;
  const { stages } = doc();
  const stage = stages[index];
  const drag = useRef<Drag | null>(null);
  const [dragging, setDragging] = useState(false);
  const { over, handlers } = useDropTarget({ kind: 'stage', key: stage?.key ?? '' });
  if (!stage) return null;

  const finish = (keep: boolean) => {
    const { current } = drag;
    drag.current = null;
    setDragging(false);
    if (!current?.moved) return;
    if (keep) endDrag(current.before);
    else dragTo(current.before);
  };
  const empty = stage.prompt.trim() === '';
  const words = empty ? 'empty' : firstWords(stage.prompt, 48);
  const before = index === 0 ? '' : `, ${stage.steps} steps before it`;
  return (
    <div class={`stage${over ? ' drop-here' : ''}${dragging ? ' dragging' : ''}`}>
      <button
        type="button"
        class="card"
        data-stage={stage.key}
        tabIndex={selected ? 0 : -1}
        aria-pressed={selected}
        onClick={() => ui.set({ stage: stage.key })}
        onPointerDown={(event) => {
          if (event.button !== 0 || index === 0 || event.pointerType === 'touch') return;
          drag.current = { x: event.clientX, scale, before: doc(), moved: false };
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={(event) => {
          const { current } = drag;
          if (!current) return;
          const pixels = event.clientX - current.x;
          if (!current.moved && Math.abs(pixels) < threshold) return;
          current.moved = true;
          setDragging(true);
          dragTo(moveBy(current.before, index, pixels / current.scale));
        }}
        onPointerUp={() => finish(true)}
        onPointerCancel={() => finish(false)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && drag.current?.moved) {
            event.stopPropagation();
            finish(false);
          }
        }}
        {...handlers}
      >
        <span class="hidden">
          Stage {index + 1} of {stages.length}
          {before}:{' '}
        </span>
        {props.thumb}
        <span class={empty ? 'card-words card-empty' : 'card-words'}>
          {empty ? 'Empty prompt' : words}
        </span>
        <span class="card-foot">
          <span>frame {frame}</span>
          {props.tokens}
        </span>
      </button>
      <ReorderGrip index={index} onMark={props.onReorderMark} />
    </div>
  );
}

/** The handle by which a card is taken to another place among the stages. */
function ReorderGrip({ index, onMark }: { index: number; onMark: (place: number | null) => void }) {
  const place = useRef<number | null>(null);
  const placeAt = (x: number, track: Element | null): number => {
    const cards = Array.from(track?.querySelectorAll('.card') ?? []);
    return cards.filter((card) => {
      const box = card.getBoundingClientRect();
      return x > box.left + box.width / 2;
    }).length;
  };
  const end = (keep: boolean) => {
    const { current } = place;
    place.current = null;
    onMark(null);
    if (!keep || current === null) return;
    // The place is counted with the card still in the row.
    update((now) => reorder(now, index, current > index ? current - 1 : current));
  };
  return (
    <span
      class="grip"
      title="Drag to another place"
      aria-hidden="true"
      onPointerDown={(event) => {
        place.current = index;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (place.current === null) return;
        place.current = placeAt(event.clientX, event.currentTarget.closest('.track'));
        onMark(place.current);
      }}
      onPointerUp={() => end(true)}
      onPointerCancel={() => end(false)}
    >
      <Grip />
    </span>
  );
}
