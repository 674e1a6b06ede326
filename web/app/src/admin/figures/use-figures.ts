import { ApiProblem, type Feedline } from "@feedline/client";
import { useFeedline } from "@feedline/react";
import { useEffect, useState } from "react";
import type { FiguresAnswer, FiguresEvent, Mishap, NodeView, Point, Span } from "./model";

const KEPT_POINTS = 150;
const KEPT_MISHAPS = 50;
/** Three messages late: from then on the figures are asked for. */
const LATE_MS = 6_000;
const ASK_MS = 5_000;
const LOOK_MS = 1_000;
const HISTORY_MS = 60_000;

export interface Live {
  phase: "loading" | "ready" | "failed" | "refused";
  points: readonly Point[];
  nodes: readonly NodeView[];
  mishaps: readonly Mishap[];
  /** `live`: told as it happens; `asked`: asked for every few seconds; `stale`: nothing comes either way. */
  freshness: "live" | "asked" | "stale";
  /** When figures came last, by this browser's clock. */
  heardAt: number;
  error: unknown;
}

const NOTHING: Live = { phase: "loading", points: [], nodes: [], mishaps: [], freshness: "live", heardAt: 0, error: null };

/** The figures of this moment, by the channel `admin`; asked for when nothing comes by it. */
export function useLive(): Live {
  const client = useFeedline();
  const [live, setLive] = useState(NOTHING);
  useEffect(() => follow(client, setLive), [client]);
  return live;
}

type SetLive = (change: (before: Live) => Live) => void;

function follow(client: Feedline, setLive: SetLive): () => void {
  const { api, clock } = client;
  let toldAt = clock.now();
  let askedAt = 0;
  let ended = false;
  let stopLooking = () => {};

  const load = async (): Promise<string> => {
    try {
      const answer = await api.call<FiguresAnswer>("GET", "/api/admin/figures");
      setLive((before) => ({ ...before, ...taken(answer), heardAt: clock.now(), error: null }));
      return answer.cursor;
    } catch (error) {
      const isRefused = error instanceof ApiProblem && error.status === 403;
      setLive((before) => ({ ...before, error, phase: isRefused ? "refused" : before.phase === "ready" ? "ready" : "failed" }));
      throw error;
    }
  };
  const query = client.live("admin", load);
  const stopHearing = client.delivered.subscribe((deliveries) => {
    for (const { event } of deliveries) {
      if (event.type !== "figures") continue;
      toldAt = clock.now();
      setLive((before) => ({ ...told(before, event as unknown as FiguresEvent), freshness: "live", heardAt: toldAt }));
    }
  });
  const look = (): void => {
    if (ended) return;
    const now = clock.now();
    const isLate = now - toldAt > LATE_MS;
    if (isLate && now - askedAt >= ASK_MS) {
      askedAt = now;
      load().catch(() => {});
    }
    setLive((before) => settled(before, isLate, now));
    stopLooking = clock.after(LOOK_MS, look);
  };
  const close = query.open();
  stopLooking = clock.after(LOOK_MS, look);
  return () => {
    ended = true;
    stopLooking();
    stopHearing();
    close();
  };
}

function taken({ points, nodes, mishaps }: FiguresAnswer): Pick<Live, "phase" | "points" | "nodes" | "mishaps"> {
  return { phase: "ready", points, nodes, mishaps };
}

function told(before: Live, { point, nodes, mishaps }: FiguresEvent): Live {
  const isNew = before.points.every(({ at }) => at !== point.at);
  return {
    ...before,
    nodes,
    points: isNew ? [...before.points, point].slice(-KEPT_POINTS) : before.points,
    mishaps: mishaps.length === 0 ? before.mishaps : [...before.mishaps, ...mishaps].slice(-KEPT_MISHAPS),
  };
}

function settled(before: Live, isLate: boolean, now: number): Live {
  const isHeard = now - before.heardAt <= LATE_MS + ASK_MS;
  const freshness = !isLate ? "live" : isHeard ? "asked" : "stale";
  return freshness === before.freshness ? before : { ...before, freshness };
}

export interface Past {
  span: Span;
  answer: FiguresAnswer | null;
  error: unknown;
}

/** What is kept of the last hour or day; loaded again every minute. */
export function usePast(span: Span): Past {
  const { api, clock } = useFeedline();
  const [past, setPast] = useState<Past>({ span, answer: null, error: null });
  useEffect(() => {
    if (span === "live") return;
    let ended = false;
    let cancel = () => {};
    const load = async (): Promise<void> => {
      const answer = api.call<FiguresAnswer>("GET", `/api/admin/figures?span=${span}`);
      await answer.then(
        (found) => ended || setPast({ span, answer: found, error: null }),
        (error: unknown) => ended || setPast((before) => ({ span, answer: before.span === span ? before.answer : null, error })),
      );
      if (!ended) cancel = clock.after(HISTORY_MS, () => void load());
    };
    void load();
    return () => {
      ended = true;
      cancel();
    };
  }, [api, clock, span]);
  return past.span === span ? past : { span, answer: null, error: null };
}
