/** Figures as the server tells them (`docs/protocol.md`); times that were taken are milliseconds. */

export type Health = "ok" | "degraded" | "down";
export type Span = "live" | "hour" | "day";

export interface Quantiles {
  p50: number;
  p95: number;
  p99: number;
  count: number;
}

export interface Seen {
  realtime: number;
  fallback: number;
  refresh: number;
}

export interface Point {
  at: string;
  seconds: number;
  connections: { ws: number; sse: number; poll: number };
  postsPerSecond: number;
  deliveriesPerSecond: number;
  commitToSocket: Quantiles | null;
  publishToPaint: Quantiles | null;
  seen: Seen;
  slowReaders: number;
  lag: number;
  writesWaiting: number;
  bus: Health;
  database: Health;
}

export interface NodeView {
  id: string;
  name: string;
  pid: number;
  role: string;
  version: string;
  startedAt: string;
  seenAt: string;
  state: "up" | "silent" | "stopped";
  connections: number;
  postsPerSecond: number;
  deliveriesPerSecond: number;
  commitToSocket: Quantiles | null;
  slowReaders: number;
  lag: number;
  writesWaiting: number;
  loopLag: number;
  bus: Health;
  busMs: number | null;
  database: Health;
  databaseMs: number | null;
}

export interface Mishap {
  at: string;
  node: string;
  level: string;
  logger: string;
  message: string;
  count: number;
}

export interface FiguresAnswer {
  span: Span;
  step: number;
  points: readonly Point[];
  nodes: readonly NodeView[];
  mishaps: readonly Mishap[];
  cursor: string;
}

export interface FiguresEvent {
  type: "figures";
  point: Point;
  nodes: readonly NodeView[];
  mishaps: readonly Mishap[];
  /** How many reports wait for an answer, and which came last. */
  openReports: number;
  newestReport: string | null;
}

/** What is aimed at: posts that come live, and those that come by a fallback. */
export const TARGETS = { realtime: 0.95, realtimeBest: 0.999, fallback: 0.05 };

/** Of the posts that came onto screens in these points: which share came in one way. Null if none came. */
export function share(points: readonly Point[], way: keyof Seen): number | null {
  let all = 0;
  let found = 0;
  for (const { seen } of points) {
    all += seen.realtime + seen.fallback + seen.refresh;
    found += seen[way];
  }
  return all === 0 ? null : found / all;
}

/** The same for each point together with some before it: browsers tell what they saw now and then only. */
export function shares(points: readonly Point[], way: keyof Seen, together: number): (number | null)[] {
  return points.map((_, index) => share(points.slice(Math.max(0, index + 1 - together), index + 1), way));
}

export function total(point: Point): number {
  return point.connections.ws + point.connections.sse + point.connections.poll;
}

/** The newest value that there is. */
export function newest<T>(points: readonly Point[], value: (point: Point) => T | null): T | null {
  for (let index = points.length - 1; index >= 0; index -= 1) {
    const found = value(points[index] as Point);
    if (found !== null) return found;
  }
  return null;
}
