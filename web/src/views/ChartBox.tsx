import { useEffect, useRef, useState } from 'preact/hooks';

import { useWidth } from './useWidth';

/** A chart with its heading; the drawing code is fetched when the first one is shown. */
export function ChartBox(props: {
  title: string;
  note: string;
  x: number[];
  values: (number | null)[];
  lines: number[];
  mark: number | null;
  onPick: (x: number) => void;
}) {
  const { x, values, lines, mark, onPick } = props;
  const element = useRef<HTMLDivElement>(null);
  const width = useWidth(element);
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
        remove = drawChart(current, x, values, {
          width,
          height: 132,
          lines,
          mark,
          onPick: (at) => pick.current(at),
        });
      })
      .catch(() => setFailed(true));
    return () => {
      gone = true;
      remove();
    };
  }, [x, values, lines, mark, width]);
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{props.title}</span>
        <span class="quiet">{failed ? 'the chart could not be loaded' : props.note}</span>
      </figcaption>
      <div
        ref={element}
        class="chart-room"
        role="img"
        aria-label={`${props.title}: ${props.note}`}
      />
    </figure>
  );
}
