import type { ReactNode } from "react";
import { useI18n } from "../i18n";
import { WORDS } from "./delivery-words";
import { useWords } from "./words";

interface Arm {
  variant: "control" | "treatment";
  people: number;
  deliveries: number;
  p50Ms: number | null;
  p95Ms: number | null;
  bins: readonly number[];
}

interface Difference {
  measure: "timeToVisible" | "fallbackRate" | "publishRate";
  control: number;
  treatment: number;
  difference: number;
  low: number;
  high: number;
  p: number;
  size: number | null;
  sizeName: string;
}

export interface Report {
  arms: readonly Arm[];
  differences: readonly Difference[];
  sample: { planned: number; reached: number; power: number; isMismatched: boolean } | null;
  /** What the server lacks to say more, in English. */
  advice: string | null;
}

/** What came of an experiment so far. */
export function ExperimentReport({ report }: { report: Report }): ReactNode {
  const words = useWords(WORDS);
  const { language } = useI18n();
  const number = (value: number, digits = 0) => value.toLocaleString(language, { maximumFractionDigits: digits });
  const { sample } = report;
  return (
    <>
      <Halves report={report} number={number} />
      {report.differences.length > 0 && <Differences differences={report.differences} number={number} />}
      {report.advice !== null && <p>{words.advice}</p>}
      {report.advice === null && report.differences.length === 0 && <p>{words.tooFew}</p>}
      {sample && <p>{words.sample(number(sample.planned), number(sample.reached), `${number(sample.power * 100)} %`)}</p>}
      {sample && <p role={sample.isMismatched ? "alert" : undefined}>{sample.isMismatched ? words.unfair : words.fair}</p>}
      <Chart arms={report.arms} number={number} />
    </>
  );
}

type Number = (value: number, digits?: number) => string;

function Halves({ report, number }: { report: Report; number: Number }): ReactNode {
  const words = useWords(WORDS);
  const ms = (value: number | null) => (value === null ? "–" : `${number(value)} ${words.ms}`);
  const rows: [string, (arm: Arm) => string][] = [
    [words.people, ({ people }) => number(people)],
    [words.seen, ({ deliveries }) => number(deliveries)],
    [words.percentiles, ({ p50Ms, p95Ms }) => `${ms(p50Ms)} · ${ms(p95Ms)}`],
  ];
  return (
    <div className="admin-wide">
      <table className="admin-table">
        <thead>
          <tr>
            <th scope="col">{words.what}</th>
            {words.halves.map((half) => (
              <th key={half} scope="col">
                {half}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([title, cell]) => (
            <tr key={title}>
              <th scope="row">{title}</th>
              {report.arms.map((arm) => (
                <td key={arm.variant}>{cell(arm)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Differences({ differences, number }: { differences: readonly Difference[]; number: Number }): ReactNode {
  const words = useWords(WORDS);
  const [control, treatment] = words.halves;
  const told = ({ measure }: Difference, value: number) => {
    if (measure === "timeToVisible") return `${number(value)} ${words.ms}`;
    return measure === "fallbackRate" ? `${number(value * 100, 2)} %` : number(value, 2);
  };
  return (
    <div className="admin-wide">
      <table className="admin-table">
        <thead>
          <tr>
            <th scope="col">{words.what}</th>
            {[control, treatment, words.difference, words.interval, words.effect, "p"].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {differences.map((one) => (
            <tr key={one.measure}>
              <th scope="row">{words.measures[one.measure]}</th>
              <td>{told(one, one.control)}</td>
              <td>{told(one, one.treatment)}</td>
              <td>{told(one, one.difference)}</td>
              <td>{`${told(one, one.low)} … ${told(one, one.high)}`}</td>
              <td>{one.size === null ? "–" : `${number(one.size, 2)} (${one.sizeName})`}</td>
              <td>{one.p < 0.001 ? "< 0.001" : number(one.p, 3)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Shares of both halves, a pair of bars for each doubling of the time. */
function Chart({ arms, number }: { arms: readonly Arm[]; number: Number }): ReactNode {
  const words = useWords(WORDS);
  const halves = arms.map(({ bins }) => doublings(bins));
  const used = halves.flatMap((half) => half.flatMap((share, place) => (share > 0 ? [place] : [])));
  if (used.length === 0) return null;
  const tallest = Math.max(...halves.flat());
  const places = Array.from({ length: Math.max(...used) - Math.min(...used) + 1 }, (_, place) => Math.min(...used) + place);
  return (
    <figure className="admin-chart">
      <figcaption>
        {words.chart}
        {words.halves.map((half, place) => (
          <span key={half} className={`admin-key admin-half-${place}`}>
            {half}
          </span>
        ))}
      </figcaption>
      <ol>
        {places.map((place) => (
          <li key={place}>
            <div className="admin-pair">
              {arms.map(({ variant }, which) => {
                const share = halves[which]?.[place] ?? 0;
                const title = `${words.halves[which]}: ${number(100 * share, 1)} %`;
                return <span key={variant} className={`admin-bar admin-half-${which}`} style={{ height: `${(100 * share) / tallest}%` }} title={title} />;
              })}
            </div>
            <span className="admin-until">{edge(place, words)}</span>
          </li>
        ))}
      </ol>
    </figure>
  );
}

function doublings(bins: readonly number[]): number[] {
  const all = bins.reduce((sum, count) => sum + count, 0) || 1;
  return Array.from({ length: bins.length / 2 }, (_, place) => ((bins[2 * place] ?? 0) + (bins[2 * place + 1] ?? 0)) / all);
}

function edge(place: number, { ms, s }: { ms: string; s: string }): string {
  const until = 2 ** (place + 1);
  return until < 1_000 ? `${until} ${ms}` : `${Math.round(until / 1_000)} ${s}`;
}
