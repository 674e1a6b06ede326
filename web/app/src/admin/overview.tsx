import { useMemo, useState, type ReactNode } from "react";
import { useI18n, type Language } from "../i18n";
import { describe } from "../problems";
import { Notice } from "../ui/notice";
import { Chart } from "./figures/chart";
import type { Point, Span } from "./figures/model";
import { Mishaps, Nodes } from "./figures/nodes";
import { Places } from "./figures/places";
import { chartsOf } from "./figures/series";
import { Tiles } from "./figures/tiles";
import { clockTime, percent } from "./figures/units";
import { useLive, usePast, type Live } from "./figures/use-figures";
import { WORDS, type FigureWords } from "./figures/words";
import "./overview.css";
import { useWords } from "./words";

const SPANS: readonly Span[] = ["live", "hour", "day"];
/** Of how many points a share is: a minute, five, and a quarter of an hour. */
const TOGETHER: Record<Span, number> = { live: 30, hour: 5, day: 3 };

/** How the installation fares, and what else there is to look after. */
export default function Overview(): ReactNode {
  const words = useWords(WORDS);
  const { t } = useI18n();
  const [span, setSpan] = useState<Span>("live");
  const live = useLive();
  const past = usePast(span);
  const isLive = span === "live";
  const points = isLive ? live.points : (past.answer?.points ?? null);
  const error = isLive ? live.error : past.error;
  if (live.phase === "refused") return <Notice isPage title={words.refused} />;
  return (
    <>
      <div className="admin-head">
        <h1>{words.title}</h1>
        <Freshness live={live} />
        <SpanChoice span={span} onChange={setSpan} />
      </div>
      {error !== null && (points === null || points.length === 0) && <Notice title={words.failed} text={describe(error, t)} />}
      {error === null && (points === null || live.phase === "loading") && <p className="admin-loading">{t.loading}</p>}
      {points?.length === 0 && live.phase === "ready" && <p className="admin-loading">{words.nothing}</p>}
      {points && points.length > 0 && <Shown span={span} points={points} live={live} />}
      <Nodes nodes={live.nodes} />
      <Mishaps mishaps={isLive ? live.mishaps : (past.answer?.mishaps ?? live.mishaps)} />
      <Places title={words.places} />
    </>
  );
}

function Shown({ span, points, live }: { span: Span; points: readonly Point[]; live: Live }): ReactNode {
  const { language } = useI18n();
  const words = useWords(WORDS);
  const charts = useMemo(() => chartsOf(points, TOGETHER[span], words, (value) => percent(value, language)), [points, span, words, language]);
  const hadFault = points.some(({ bus, database }) => bus !== "ok" || database !== "ok");
  return (
    <div className="admin-shown" data-stale={span === "live" && live.freshness === "stale"}>
      <Tiles points={points} />
      <div className="admin-charts">
        {charts.map((spec) => (
          <Chart key={spec.id} spec={spec} points={points} withSeconds={span === "live"} />
        ))}
      </div>
      {hadFault && <p className="admin-fault">{words.faultsShown}</p>}
      <Numbers points={points} span={span} />
    </div>
  );
}

function SpanChoice({ span, onChange }: { span: Span; onChange(span: Span): void }): ReactNode {
  const words = useWords(WORDS);
  return (
    <div className="admin-spans" role="group" aria-label={words.spanChoice}>
      {SPANS.map((one) => (
        <button key={one} type="button" aria-pressed={one === span} onClick={() => onChange(one)}>
          {words.spans[one]}
        </button>
      ))}
    </div>
  );
}

function Freshness({ live }: { live: Live }): ReactNode {
  const { language } = useI18n();
  const words = useWords(WORDS);
  if (live.phase === "loading") return <span className="admin-freshness" />;
  return (
    <span className="admin-freshness" role="status" data-freshness={live.freshness}>
      {freshnessText(live, words, language)}
    </span>
  );
}

function freshnessText({ freshness, heardAt }: Live, words: FigureWords, language: Language): string {
  if (freshness === "stale") return words.stale(heardAt === 0 ? "–" : clockTime(heardAt, language, true));
  return freshness === "live" ? words.live : words.asked;
}

const MOST_ROWS = 30;

/** The newest numbers, for whom a picture says nothing. */
function Numbers({ points, span }: { points: readonly Point[]; span: Span }): ReactNode {
  const { language } = useI18n();
  const words = useWords(WORDS);
  const charts = chartsOf(points, TOGETHER[span], words, (value) => percent(value, language));
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const show = (value: number | null | undefined, unit: string) => (value == null ? "–" : unit === "share" ? percent(value, language) : number.format(value));
  const rows = points.map((point, index) => ({ at: point.at, index })).slice(-MOST_ROWS);
  return (
    <details className="admin-numbers">
      <summary>{words.asTable}</summary>
      <div className="admin-wide" role="group" aria-label={words.asTable} tabIndex={0}>
        <table className="admin-table">
          <thead>
            <tr>
              <th scope="col">{words.time}</th>
              {charts.flatMap(({ id, title, lines }) =>
                lines.map(({ label }) => (
                  <th key={`${id} ${label}`} scope="col">
                    {lines.length > 1 ? `${title}, ${label}` : title}
                  </th>
                )),
              )}
            </tr>
          </thead>
          <tbody>
            {rows.toReversed().map(({ at, index }) => (
              <tr key={at}>
                <th scope="row">{clockTime(Date.parse(at), language, span === "live")}</th>
                {charts.flatMap(({ id, unit, lines }) => lines.map(({ label, values }) => <td key={`${id} ${label}`}>{show(values[index], unit)}</td>))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
