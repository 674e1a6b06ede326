import type { Post } from "@feedline/client";
import { useFeedline } from "@feedline/react";
import { useEffect, useState, type ReactNode } from "react";
import { useI18n } from "../i18n";
import type { Dictionary } from "../i18n/en";

/** By then nodes have written down what became of a post. */
const TOLD_AFTER_MS = 6_000;

export interface Reach {
  online: number | null;
  live: number | null;
  shown: number | null;
  withinMs: number | null;
  /** Whether all who were there were counted. */
  isAll: boolean;
}

/** Tells an author how far their post got, live; nothing where that would tell of single people. */
export function ReachLine({ post: { id, createdAt } }: { post: Post }): ReactNode {
  const { api, clock } = useFeedline();
  const { t } = useI18n();
  const [reach, setReach] = useState<Reach | null>(null);
  useEffect(() => {
    let ended = false;
    const age = Date.now() - Date.parse(createdAt);
    const load = () =>
      api.call<{ reach: Reach }>("GET", `/api/posts/${encodeURIComponent(id)}/reach`).then(
        (answer) => ended || setReach(answer.reach),
        () => {}, // It is no more than an extra.
      );
    const cancel = clock.after(Math.min(TOLD_AFTER_MS, Math.max(0, TOLD_AFTER_MS - age)), () => void load());
    return () => {
      ended = true;
      cancel();
    };
  }, [api, clock, createdAt, id]);
  return reach?.online == null ? null : <p className="reach">{told(reach, reach.online, t)}</p>;
}

function told({ live, shown, withinMs, isAll }: Reach, online: number, t: Dictionary): string {
  if (!isAll) return t.reachAtLeast(shown ?? live ?? 0);
  return withinMs === null ? t.reachSent(live ?? 0, online) : t.reachSeen(shown ?? 0, online, withinMs);
}
