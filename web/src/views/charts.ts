// Loaded when a chart is wanted: uPlot and its style are not part of the first load.

import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export interface ChartOptions {
  width: number;
  height: number;
  /** Vertical lines, e.g. stages. */
  lines: number[];
  /** The index of a point to mark. */
  mark: number | null;
  onPick: (x: number) => void;
}

function drawLines(chart: uPlot, options: ChartOptions): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.strokeStyle = colour('--line-strong');
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const line of options.lines) {
    const x = Math.round(chart.valToPos(line, 'x', true)) + 0.5;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  const value = options.mark === null ? null : chart.data[1]?.[options.mark];
  const at = options.mark === null ? undefined : chart.data[0]?.[options.mark];
  if (value !== null && value !== undefined && at !== undefined) {
    ctx.setLineDash([]);
    ctx.strokeStyle = colour('--text');
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.beginPath();
    ctx.arc(
      chart.valToPos(at, 'x', true),
      chart.valToPos(value, 'y', true),
      5 * devicePixelRatio,
      0,
      7,
    );
    ctx.stroke();
  }
  ctx.restore();
}

/** Draws a chart into an element; returns how to remove it. */
export function drawChart(
  element: HTMLElement,
  x: number[],
  values: (number | null)[],
  options: ChartOptions,
): () => void {
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const axis = {
    stroke: colour('--text-quiet'),
    font,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  const chart = new uPlot(
    {
      width: options.width,
      height: options.height,
      legend: { show: false },
      cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
      scales: { x: { time: false } },
      axes: [
        { ...axis, size: 24, gap: 4 },
        { ...axis, size: 40, gap: 4 },
      ],
      series: [
        {},
        {
          stroke: colour('--accent'),
          width: 1.5,
          points: { show: x.length < 80, size: 4 },
        },
      ],
      hooks: { draw: [(drawn) => drawLines(drawn, options)] },
    },
    [x, values],
    element,
  );
  chart.over.addEventListener('click', () => {
    const at = chart.cursor.idx;
    const value = at === null || at === undefined ? undefined : x[at];
    if (value !== undefined) options.onPick(value);
  });
  return () => chart.destroy();
}
