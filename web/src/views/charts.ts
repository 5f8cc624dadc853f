// Loaded when a chart is wanted: uPlot and its style are not part of the first load.

import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** A colour of the page as a canvas takes it. */
function colour(name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

export interface Chart {
  width: number;
  height: number;
  /** The number of the first value; the others follow one by one. */
  first: number;
  values: (number | null)[];
  /** Numbers with a vertical line. */
  lines: number[];
  /** Numbers whose points are marked. */
  marks: number[];
  /** A click at a number; at a marked one where it is near. */
  onPick: (number: number) => void;
}

/** What the numbers below the chart may be apart. */
const wholeSteps = [1, 2, 5].flatMap((digit) =>
  [1, 10, 100, 1e3, 1e4, 1e5].map((ten) => digit * ten),
);
wholeSteps.sort((a, b) => a - b);

/** A click so near to a mark, in pixels, means the mark. */
const reach = 8;

function drawLinesAndMarks(drawn: uPlot, chart: Chart): void {
  const { ctx, bbox } = drawn;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = colour('--line-strong');
  ctx.lineWidth = scale;
  ctx.setLineDash([3 * scale, 3 * scale]);
  for (const line of chart.lines) {
    const x = Math.round(drawn.valToPos(line, 'x', true)) + 0.5;
    if (x < bbox.left || x > bbox.left + bbox.width + 1) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.setLineDash([]);
  ctx.strokeStyle = colour('--wrong');
  ctx.lineWidth = 2 * scale;
  for (const mark of chart.marks) {
    const value = chart.values[mark - chart.first];
    if (value === null || value === undefined) continue;
    ctx.beginPath();
    ctx.arc(
      drawn.valToPos(mark, 'x', true),
      drawn.valToPos(value, 'y', true),
      4.5 * scale,
      0,
      2 * Math.PI,
    );
    ctx.stroke();
  }
  ctx.restore();
}

/** What a click at that place, in pixels, means. */
function pickedAt(drawn: uPlot, chart: Chart, left: number): number | null {
  let best: number | null = null;
  let distance = reach;
  for (const mark of chart.marks) {
    const away = Math.abs(drawn.valToPos(mark, 'x') - left);
    if (away <= distance) {
      best = mark;
      distance = away;
    }
  }
  const at = drawn.posToIdx(left);
  return best ?? (at < chart.values.length ? at + chart.first : null);
}

/** Draws a chart into an element; returns how to remove it. */
export function drawChart(element: HTMLElement, chart: Chart): () => void {
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const axis = {
    stroke: colour('--text-quiet'),
    font,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  const drawn = new uPlot(
    {
      width: chart.width,
      height: chart.height,
      legend: { show: false },
      cursor: {
        y: false,
        points: { size: 7 },
        // It would keep clicks away that it takes for the end of a drag.
        drag: { x: false, y: false, click: () => {} },
      },
      scales: {
        x: { time: false },
        // From 0, so that a high peak looks as high as it is.
        y: { range: (_, least, most) => [Math.min(0, least), most > 0 ? most * 1.08 : 1] },
      },
      axes: [
        { ...axis, size: 24, gap: 4, incrs: wholeSteps },
        { ...axis, size: 40, gap: 4 },
      ],
      series: [
        {},
        {
          stroke: colour('--accent'),
          width: 1.5,
          points: { show: chart.values.length < 80, size: 4 },
        },
      ],
      hooks: { draw: [(now) => drawLinesAndMarks(now, chart)] },
    },
    [chart.values.map((_, i) => i + chart.first), chart.values],
    element,
  );
  drawn.over.addEventListener('click', (event) => {
    const picked = pickedAt(drawn, chart, event.clientX - drawn.over.getBoundingClientRect().left);
    if (picked !== null) chart.onPick(picked);
  });
  return () => drawn.destroy();
}
