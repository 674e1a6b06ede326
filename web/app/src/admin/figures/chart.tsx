import { useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import type uPlot from "uplot";
import { useI18n } from "../../i18n";
import { useWords } from "../words";
import type { Point } from "./model";
import { dataOf, newPlot, type PlotOptions } from "./plot";
import type { ChartSpec, Line } from "./series";
import { clockTime, written } from "./units";
import { WORDS } from "./words";

interface ChartProps {
  spec: ChartSpec;
  points: readonly Point[];
  withSeconds: boolean;
}

/** One chart: its title, what its lines are now or where the pointer is, and the lines. */
export function Chart({ spec, points, withSeconds }: ChartProps): ReactNode {
  const { language } = useI18n();
  const words = useWords(WORDS);
  const [pointed, setPointed] = useState<number | null>(null);
  const isPointed = pointed !== null && pointed < points.length;
  const at = isPointed ? points[pointed]?.at : undefined;
  const value = (line: Line): number | null => (isPointed ? (line.values[pointed] ?? null) : newestOf(line));
  const show = (line: Line) => written(value(line), spec.unit, language);
  const most = (line: Line) => written(line.values.reduce<number | null>(larger, null), spec.unit, language);
  const told = spec.lines.map((line) => `${line.label}: ${words.now(written(newestOf(line), spec.unit, language))}, ${words.most(most(line))}`);
  return (
    <figure className="admin-figure">
      <figcaption>
        <strong>{spec.title}</strong>
        <span className="admin-figure-time">{at !== undefined && clockTime(Date.parse(at), language, withSeconds)}</span>
        <ul className="admin-keys">
          {spec.lines.map((line) => (
            <li key={line.label} className={`admin-key-line admin${line.color.slice(1)}`}>
              {spec.lines.length > 1 && <span>{line.label}</span>} <b>{show(line)}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <Plot label={`${spec.title}. ${told.join("; ")}`} spec={spec} points={points} onPoint={setPointed} />
    </figure>
  );
}

function Plot({ label, ...options }: Omit<PlotOptions, "language"> & { label: string }): ReactNode {
  const { language } = useI18n();
  const isDark = useIsDark();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const current = useRef<PlotOptions>({ ...options, language });
  const { spec, points } = options;
  const shape = `${spec.id} ${spec.lines.length} ${language} ${isDark}`;
  const data = useMemo(() => dataOf({ spec, points }), [spec, points]);

  useEffect(() => {
    current.current = { ...options, language };
  });
  useEffect(() => {
    const element = box.current;
    if (!element || shape === "") return;
    const drawn = newPlot(element, () => current.current);
    plot.current = drawn;
    const watch = new ResizeObserver(() => drawn.setSize({ width: Math.max(200, element.clientWidth), height: drawn.height }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      drawn.destroy();
      plot.current = null;
    };
  }, [shape]);
  useEffect(() => plot.current?.setData(data), [data]);
  return <div ref={box} className="admin-plot" role="img" aria-label={label} />;
}

function useIsDark(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const query = matchMedia("(prefers-color-scheme: dark)");
      query.addEventListener("change", changed);
      return () => query.removeEventListener("change", changed);
    },
    () => matchMedia("(prefers-color-scheme: dark)").matches,
  );
}

function newestOf({ values }: Line): number | null {
  return values.findLast((value) => value !== null) ?? null;
}

function larger(one: number | null, two: number | null): number | null {
  return one === null ? two : two === null ? one : Math.max(one, two);
}
