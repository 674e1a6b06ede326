import { TARGETS, shares, type Point, type Quantiles } from "./model";
import type { Unit } from "./units";
import type { FigureWords } from "./words";

export interface Line {
  label: string;
  /** A variable of the theme. */
  color: string;
  values: (number | null)[];
}

export interface Target {
  value: number;
  label: string;
}

export interface ChartSpec {
  id: string;
  title: string;
  unit: Unit;
  lines: readonly Line[];
  targets?: readonly Target[];
  /** The least that the scale reaches up to. */
  top: number;
  /** The scale begins here, or lower if values do. */
  bottom?: number;
  /** Values are now and then only: they are connected. */
  isSparse?: boolean;
}

const COLORS = ["--chart-1", "--chart-2", "--chart-3"] as const;

/** All charts over these points. `together`: how many points a share is of. */
export function chartsOf(points: readonly Point[], together: number, words: FigureWords, percent: (value: number) => string): ChartSpec[] {
  const line = (label: string, color: number, value: (point: Point) => number | null): Line => ({
    label,
    color: COLORS[color] as string,
    values: points.map(value),
  });
  const quantiles = (of: (point: Point) => Quantiles | null) => [
    line("p50", 0, (point) => of(point)?.p50 ?? null),
    line("p95", 1, (point) => of(point)?.p95 ?? null),
    line("p99", 2, (point) => of(point)?.p99 ?? null),
  ];
  const target = (value: number): Target => ({ value, label: words.target(percent(value)) });
  return [
    {
      id: "realtime",
      title: words.realtime,
      unit: "share",
      top: 1,
      bottom: 0.9,
      isSparse: true,
      targets: [target(TARGETS.realtime), target(TARGETS.realtimeBest)],
      lines: [{ label: words.realtime, color: COLORS[0], values: shares(points, "realtime", together) }],
    },
    {
      id: "fallback",
      title: words.fallback,
      unit: "share",
      top: 0.1,
      isSparse: true,
      targets: [target(TARGETS.fallback)],
      lines: [{ label: words.fallback, color: COLORS[0], values: shares(points, "fallback", together) }],
    },
    { id: "to-socket", title: words.toSocket, unit: "ms", top: 5, isSparse: true, lines: quantiles((point) => point.commitToSocket) },
    { id: "to-paint", title: words.toPaint, unit: "ms", top: 50, isSparse: true, lines: quantiles((point) => point.publishToPaint) },
    { id: "posts", title: words.posts, unit: "rate", top: 1, lines: [line(words.posts, 0, (point) => point.postsPerSecond)] },
    { id: "deliveries", title: words.deliveries, unit: "rate", top: 1, lines: [line(words.deliveries, 0, (point) => point.deliveriesPerSecond)] },
    {
      id: "connections",
      title: words.connections,
      unit: "count",
      top: 4,
      lines: [
        line(words.ws, 0, (point) => point.connections.ws),
        line(words.sse, 1, (point) => point.connections.sse),
        line(words.poll, 2, (point) => point.connections.poll),
      ],
    },
    {
      id: "behind",
      title: words.behind,
      unit: "count",
      top: 4,
      lines: [
        line(words.lag, 0, (point) => point.lag),
        line(words.slow, 1, (point) => point.slowReaders),
        line(words.writes, 2, (point) => point.writesWaiting),
      ],
    },
  ];
}
