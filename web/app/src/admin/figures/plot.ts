import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Language } from "../../i18n";
import type { Health, Point } from "./model";
import type { ChartSpec } from "./series";
import { clockTime, written } from "./units";

const HEIGHT = 150;
const AXIS_FONT = "12px system-ui, sans-serif";
/** A pause this many steps long is drawn as one. */
const PAUSE = 3;

export interface PlotOptions {
  spec: ChartSpec;
  points: readonly Point[];
  language: Language;
  /** Told which point is under the pointer; null: none. */
  onPoint(index: number | null): void;
}

/** Draws a chart into an element, which it fills in width. */
export function newPlot(box: HTMLElement, current: () => PlotOptions): uPlot {
  const style = getComputedStyle(box);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const { spec } = current();
  const axis = { stroke: color("--ink-faint"), font: AXIS_FONT, ticks: { show: false }, grid: { stroke: color("--line"), width: 1 } };
  const options: uPlot.Options = {
    width: Math.max(200, box.clientWidth),
    height: HEIGHT,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 }, sync: { key: "figures" } },
    scales: { x: { time: true }, y: { range: (_, low, high) => rangeOf(current().spec, low, high) } },
    axes: [
      { ...axis, grid: { show: false }, space: 70, size: 26, values: (_, ticks, __, ___, step) => ticks.map((at) => clockTime(at * 1_000, current().language, step < 60)) },
      { ...axis, size: 58, space: 32, values: (_, ticks) => ticks.map((value) => written(value, current().spec.unit, current().language)) },
    ],
    series: [
      {},
      ...spec.lines.map((line) => ({
        label: line.label,
        stroke: color(line.color),
        width: 1.75,
        spanGaps: spec.isSparse ?? false,
        // Where there are few they are all that is seen.
        points: spec.isSparse ? { size: 5, fill: color(line.color) } : { show: false },
      })),
    ],
    hooks: {
      drawClear: [(plot) => shade(plot, current().points, color)],
      draw: [(plot) => drawTargets(plot, current().spec, color("--ink-faint"))],
      setCursor: [({ cursor }) => current().onPoint(cursor.idx ?? null)],
    },
  };
  return new uPlot(options, dataOf(current()), box);
}

/** Times in seconds, and the values of each line; where nothing was counted for a while there is a hole. */
export function dataOf({ spec, points }: Pick<PlotOptions, "spec" | "points">): uPlot.AlignedData {
  const times: number[] = [];
  const values: (number | null)[][] = spec.lines.map(() => []);
  points.forEach((point, index) => {
    const at = Date.parse(point.at) / 1_000;
    const before = times.at(-1);
    if (before !== undefined && at - before > PAUSE * Math.max(point.seconds, 2)) {
      times.push((at + before) / 2);
      for (const line of values) line.push(null);
    }
    times.push(at);
    values.forEach((line, number) => line.push(spec.lines[number]?.values[index] ?? null));
  });
  return [times, ...values];
}

function rangeOf({ top, bottom = 0 }: ChartSpec, low: number | null, high: number | null): [number, number] {
  const upTo = Math.max(top, high ?? 0);
  // A share has no room above all of it, but its line has to be seen.
  return [Math.min(bottom, low ?? bottom), upTo + (upTo - bottom) * 0.05];
}

/** Times in which a bus or a database was down. */
function shade(plot: uPlot, points: readonly Point[], color: (name: string) => string): void {
  const { ctx, bbox } = plot;
  const paint = (bad: Health, name: string): void => {
    ctx.fillStyle = color(name);
    for (const point of points) {
      if (point.bus !== bad && point.database !== bad) continue;
      const end = plot.valToPos(Date.parse(point.at) / 1_000, "x", true);
      const begin = Math.max(bbox.left, plot.valToPos(Date.parse(point.at) / 1_000 - point.seconds, "x", true));
      ctx.fillRect(Math.round(begin), bbox.top, Math.round(end) - Math.round(begin), bbox.height);
    }
  };
  ctx.save();
  paint("degraded", "--chart-warn");
  paint("down", "--chart-bad");
  ctx.restore();
}

function drawTargets(plot: uPlot, { targets = [] }: ChartSpec, color: string): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.fillStyle = color;
  ctx.lineWidth = ratio;
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = "right";
  for (const { value, label } of targets) {
    const y = Math.round(plot.valToPos(value, "y", true));
    ctx.setLineDash([4 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.fillText(label, bbox.left + bbox.width - 4 * ratio, y + 13 * ratio);
  }
  ctx.restore();
}
