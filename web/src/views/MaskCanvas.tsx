import type { ComponentChildren, TargetedPointerEvent } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import {
  joined,
  stamp,
  strokeTo,
  wholeOf,
  type Brush,
  type Mask,
  type MaskHistory,
  type Rect,
  viewShift,
} from '../model/mask';
import { showMask } from './maskPictures';

interface Place {
  x: number;
  y: number;
}

/** Two fingers on the picture: where they were, and how far it was scrolled and enlarged. */
interface Pinch {
  middle: Place;
  distance: number;
  zoom: number;
}

/** Keys that move the brush on the picture. */
const arrows: Record<string, Place> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

const middleOf = (a: Place, b: Place) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
const distanceOf = (a: Place, b: Place) => Math.hypot(a.x - b.x, a.y - b.y);

/** The picture with the mask over it, drawn on by mouse, pen, finger or keys. */
export function MaskCanvas(props: {
  picture: HTMLImageElement;
  mask: Mask;
  history: MaskHistory;
  brush: Brush;
  /** Pixels of the screen for one of the picture. */
  zoom: number;
  plain: boolean;
  /** Another number after each change that was not made here. */
  version: number;
  onZoom: (zoom: number) => void;
  onChange: () => void;
  children?: ComponentChildren;
}) {
  const { picture, mask, history, brush, zoom, plain } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<HTMLDivElement>(null);
  const pointers = useRef(new Map<number, Place>());
  const last = useRef<Place | null>(null);
  const changed = useRef<Rect | null>(null);
  const pinch = useRef<Pinch | null>(null);
  /** The place of the picture that stays under the pointer while the view is enlarged. */
  const held = useRef<{ picture: Place; screen: Place } | null>(null);
  /** Where the pointer is; null beside the picture. */
  const [place, setPlace] = useState<Place | null>(null);
  /** Where keys have moved the brush. */
  const [keyed, setKeyed] = useState<Place | null>(null);

  const show = (area: Rect | null) => {
    if (canvas.current && area) showMask(canvas.current, mask, area, plain);
  };
  useLayoutEffect(() => show(wholeOf(mask)), [mask, plain, props.version]);
  useLayoutEffect(() => {
    const box = canvas.current?.getBoundingClientRect();
    if (!held.current || !box || !view.current) return;
    view.current.scrollLeft += box.left + held.current.picture.x * zoom - held.current.screen.x;
    view.current.scrollTop += box.top + held.current.picture.y * zoom - held.current.screen.y;
    held.current = null;
  }, [zoom]);
  useLayoutEffect(() => {
    const box = canvas.current?.getBoundingClientRect();
    const seen = view.current?.getBoundingClientRect();
    if (!keyed || !box || !seen || !view.current) return;
    const reach = brush.radius * zoom + 4;
    const { clientWidth, clientHeight } = view.current;
    view.current.scrollLeft += viewShift(box.left + keyed.x * zoom - seen.left, reach, clientWidth);
    view.current.scrollTop += viewShift(box.top + keyed.y * zoom - seen.top, reach, clientHeight);
  }, [keyed]);
  useEffect(() => {
    const { current } = view;
    if (!current) return undefined;
    // Not through the element's property: it must be able to keep the page from being enlarged.
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoomAt(zoom * Math.exp(-event.deltaY / 300), { x: event.clientX, y: event.clientY });
    };
    current.addEventListener('wheel', onWheel, { passive: false });
    return () => current.removeEventListener('wheel', onWheel);
  });

  const placeOf = (screen: Place): Place => {
    const box = canvas.current?.getBoundingClientRect();
    return { x: (screen.x - (box?.left ?? 0)) / zoom, y: (screen.y - (box?.top ?? 0)) / zoom };
  };
  const zoomAt = (next: number, screen: Place) => {
    held.current = { picture: placeOf(screen), screen };
    props.onZoom(next);
  };
  const touch = (to: Place) => {
    const area = last.current
      ? strokeTo(mask, last.current, to, brush)
      : stamp(mask, to.x, to.y, brush);
    last.current = to;
    changed.current = joined(changed.current, area);
    show(area);
  };
  const begin = (at: Place) => {
    history.begin();
    changed.current = null;
    last.current = null;
    touch(at);
  };
  const end = (keep: boolean) => {
    if (!last.current) return;
    last.current = null;
    if (keep) {
      if (history.end(changed.current)) props.onChange();
    } else {
      history.cancel();
      show(changed.current);
    }
  };

  const onDown = (event: TargetedPointerEvent<HTMLCanvasElement>) => {
    const at = { x: event.clientX, y: event.clientY };
    if (event.pointerType !== 'touch' && event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    pointers.current.set(event.pointerId, at);
    const [first, second] = [...pointers.current.values()];
    if (first && second) {
      // A second finger means the view: what the first one began is no stroke.
      end(false);
      pinch.current = { middle: middleOf(first, second), distance: distanceOf(first, second), zoom };
      return;
    }
    begin(placeOf(at));
  };
  const onMove = (event: TargetedPointerEvent<HTMLCanvasElement>) => {
    const at = { x: event.clientX, y: event.clientY };
    if (event.pointerType !== 'touch') setPlace(placeOf(at));
    if (!pointers.current.has(event.pointerId)) return;
    pointers.current.set(event.pointerId, at);
    const [first, second] = [...pointers.current.values()];
    if (pinch.current && first && second && view.current) {
      const middle = middleOf(first, second);
      view.current.scrollLeft -= middle.x - pinch.current.middle.x;
      view.current.scrollTop -= middle.y - pinch.current.middle.y;
      pinch.current.middle = middle;
      const share = distanceOf(first, second) / Math.max(1, pinch.current.distance);
      zoomAt(pinch.current.zoom * share, middle);
    } else if (last.current) {
      const all = event.getCoalescedEvents?.() ?? [];
      for (const each of all.length > 0 ? all : [event]) {
        touch(placeOf({ x: each.clientX, y: each.clientY }));
      }
    }
  };
  const onUp = (event: TargetedPointerEvent<HTMLCanvasElement>, keep: boolean) => {
    if (!pointers.current.delete(event.pointerId)) return;
    if (pinch.current) {
      if (pointers.current.size === 0) pinch.current = null;
      return;
    }
    end(keep);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = place ?? keyed ?? { x: mask.width / 2, y: mask.height / 2 };
    const moveTo = (to: Place) => {
      setPlace(null);
      setKeyed(to);
    };
    const arrow = arrows[event.key];
    if (event.key === ' ' || event.key === 'Enter') {
      event.preventDefault();
      if (history.inWork) return;
      moveTo(at);
      begin(at);
      end(true);
    } else if (arrow && !event.ctrlKey && !event.altKey) {
      event.preventDefault();
      if (history.inWork) return;
      const step = Math.max(1, Math.round(brush.radius / 2));
      const to = {
        x: Math.min(mask.width, Math.max(0, at.x + arrow.x * step)),
        y: Math.min(mask.height, Math.max(0, at.y + arrow.y * step)),
      };
      moveTo(to);
      if (event.shiftKey) {
        begin(at);
        touch(to);
        end(true);
      }
    }
  };

  const size = { width: `${mask.width * zoom}px`, height: `${mask.height * zoom}px` };
  const ring = 2 * brush.radius * zoom;
  const shown = place ?? keyed;
  return (
    <div class="mask-view" ref={view}>
      <div class="mask-picture" style={size}>
        <img src={picture.src} alt="" draggable={false} />
        <canvas
          ref={canvas}
          class={brush.erase ? 'mask-canvas mask-erases' : 'mask-canvas'}
          width={mask.width}
          height={mask.height}
          tabIndex={0}
          role="application"
          aria-label={`The mask over the init picture. Arrow keys move the ${brush.erase ? 'eraser' : 'brush'}, Space touches, Shift with arrows draws.`}
          onPointerDown={onDown}
          onPointerMove={onMove}
          onPointerUp={(event) => onUp(event, true)}
          onPointerCancel={(event) => onUp(event, false)}
          onPointerLeave={() => setPlace(null)}
          onKeyDown={onKeyDown}
        />
        {shown && (
          <span
            class="mask-ring"
            aria-hidden="true"
            style={{
              left: `${shown.x * zoom - ring / 2}px`,
              top: `${shown.y * zoom - ring / 2}px`,
              width: `${ring}px`,
              height: `${ring}px`,
            }}
          />
        )}
      </div>
    </div>
  );
}
