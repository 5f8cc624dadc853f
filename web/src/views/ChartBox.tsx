import { useEffect, useRef, useState } from 'preact/hooks';

import { useDark } from './useMedia';
import { useWidth } from './useWidth';

export interface ChartProps {
  title: string;
  note: string;
  /** The number of the first value; the others follow one by one. */
  first: number;
  values: (number | null)[];
  /** Numbers with a line through them, e.g. stages. */
  lines: number[];
  /** Numbers whose points are marked, e.g. jumps. */
  marks: number[];
  onPick?: (number: number) => void;
}

/** A chart with its heading; the drawing code is fetched when the first one is shown. */
export function ChartBox(props: ChartProps) {
  const { title, note, first, values, lines, marks, onPick } = props;
  const element = useRef<HTMLDivElement>(null);
  const width = useWidth(element);
  const dark = useDark();
  const [failed, setFailed] = useState(false);
  const pick = useRef(onPick);
  pick.current = onPick;
  useEffect(() => {
    let remove = () => {};
    let gone = false;
    import('./charts')
      .then(({ drawChart }) => {
        const { current } = element;
        if (gone || !current) return;
        const size = { width, height: current.clientHeight };
        const draw = { ...size, first, values, lines, marks };
        remove = drawChart(current, { ...draw, onPick: (at) => pick.current?.(at) });
        setFailed(false);
      })
      .catch(() => {
        if (!gone) setFailed(true);
      });
    return () => {
      gone = true;
      remove();
    };
  }, [first, values, lines, marks, width, dark]);
  return (
    <figure class={onPick ? 'chart chart-pick' : 'chart'}>
      <figcaption>
        <span class="chart-title">{title}</span>
        <span class="quiet">{failed ? 'the chart could not be loaded' : note}</span>
      </figcaption>
      <div ref={element} class="chart-room" role="img" aria-label={`${title}; ${note}`} />
    </figure>
  );
}
