import { useEffect, useRef } from 'preact/hooks';

import { frameAddress } from '../state/runs';
import { isReady, picture, whenReady } from './frames';

/** One frame, drawn where the last one was: until it is loaded the last one stays. */
export function FrameView(props: {
  id: string;
  frame: number;
  /** Frames that will be wanted soon. */
  soon: number[];
  label: string;
  playing: boolean;
}) {
  const { id, frame, soon, label, playing } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const full = picture(frameAddress(id, frame));
    const draw = (image: HTMLImageElement) => {
      const { current } = canvas;
      if (!current) return;
      if (current.width !== full.naturalWidth && isReady(full)) {
        current.width = full.naturalWidth;
        current.height = full.naturalHeight;
      }
      current.getContext('2d')?.drawImage(image, 0, 0, current.width, current.height);
      current.dataset.shown = String(frame);
    };
    if (!isReady(full) && !playing) {
      // While scrubbing the thumbnail is there at once.
      const small = picture(frameAddress(id, frame, 96));
      if (isReady(small)) draw(small);
    }
    for (const each of soon) picture(frameAddress(id, each));
    return whenReady(full, () => draw(full));
  }, [id, frame, soon, playing]);
  return (
    <canvas
      ref={canvas}
      class="frame-canvas"
      role="img"
      aria-label={label}
      width={128}
      height={128}
    />
  );
}
