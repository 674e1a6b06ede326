import type { ReactNode } from "react";
import { useI18n } from "../../i18n";
import { useWords } from "../words";
import { newest, share, TARGETS, total, type Point } from "./model";
import { percent, written } from "./units";
import { WORDS } from "./words";

/** What matters most, in large figures: rates and latencies of the newest point, shares of all that are shown. */
export function Tiles({ points }: { points: readonly Point[] }): ReactNode {
  const { language } = useI18n();
  const words = useWords(WORDS);
  const last = points.at(-1);
  if (!last) return null;
  const { ws, sse, poll } = last.connections;
  const toSocket = newest(points, (point) => point.commitToSocket);
  const toPaint = newest(points, (point) => point.publishToPaint);
  const realtime = share(points, "realtime");
  const fallback = share(points, "fallback");
  const number = (value: number, unit: "count" | "rate" | "ms") => written(value, unit, language);
  const aim = (isMet: boolean, text: string) => `${text} – ${isMet ? words.met : words.missed}`;
  return (
    <dl className="admin-tiles">
      <Tile
        name={words.realtime}
        value={written(realtime, "share", language)}
        mark={realtime === null ? undefined : realtime >= TARGETS.realtime ? "good" : "bad"}
        note={realtime === null ? words.noPosts : aim(realtime >= TARGETS.realtime, words.atLeast(percent(TARGETS.realtime, language)))}
      />
      <Tile
        name={words.fallback}
        value={written(fallback, "share", language)}
        mark={fallback === null ? undefined : fallback <= TARGETS.fallback ? "good" : "bad"}
        note={fallback === null ? words.noPosts : aim(fallback <= TARGETS.fallback, words.atMost(percent(TARGETS.fallback, language)))}
      />
      <Tile
        name={`${words.toSocket}, p95`}
        value={written(toSocket?.p95 ?? null, "ms", language)}
        note={toSocket ? `p50 ${number(toSocket.p50, "ms")}, p99 ${number(toSocket.p99, "ms")}` : words.noDeliveries}
      />
      <Tile
        name={`${words.toPaint}, p95`}
        value={written(toPaint?.p95 ?? null, "ms", language)}
        note={toPaint ? `p50 ${number(toPaint.p50, "ms")}, p99 ${number(toPaint.p99, "ms")}` : words.noPosts}
      />
      <Tile name={words.posts} value={number(last.postsPerSecond, "rate")} note={`${words.deliveries}: ${number(last.deliveriesPerSecond, "rate")}`} />
      <Tile
        name={words.connections}
        value={number(total(last), "count")}
        note={`${words.ws} ${number(ws, "count")}, ${words.sse} ${number(sse, "count")}, ${words.poll} ${number(poll, "count")}`}
      />
      <Tile
        name={words.lag}
        value={number(last.lag, "count")}
        mark={last.slowReaders > 0 ? "warn" : undefined}
        note={`${words.slow}: ${number(last.slowReaders, "count")}, ${words.writes}: ${number(last.writesWaiting, "count")}`}
      />
      <Tile
        name={`${words.bus} · ${words.database}`}
        value={`${words.healths[last.bus]} · ${words.healths[last.database]}`}
        mark={last.database !== "ok" ? "bad" : last.bus !== "ok" ? "warn" : "good"}
      />
    </dl>
  );
}

interface TileProps {
  name: string;
  value: string;
  note?: string;
  mark?: "good" | "warn" | "bad" | undefined;
}

function Tile({ name, value, note, mark }: TileProps): ReactNode {
  return (
    <div className="admin-tile" data-mark={mark}>
      <dt>{name}</dt>
      <dd className="admin-tile-value">{value}</dd>
      {note !== undefined && <dd className="admin-tile-note">{note}</dd>}
    </div>
  );
}
