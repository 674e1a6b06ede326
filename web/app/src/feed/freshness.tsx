import type { ConnectionState } from "@feedline/client";
import { useConnection, useFeedline, useSession } from "@feedline/react";
import { useEffect, useState, type ReactNode } from "react";
import { useI18n, type Language } from "../i18n";
import type { Dictionary } from "../i18n/en";
import { RefreshIcon } from "../ui/icons";
import { useToast } from "../ui/toasts";

/** One quiet line that says how fresh the posts are, and a way to refresh them that needs no socket. */
export function Freshness(): ReactNode {
  const client = useFeedline();
  const connection = useSettledConnection();
  const { user } = useSession();
  const { t, language } = useI18n();
  const toast = useToast();
  const [busy, setBusy] = useState(false);

  async function refresh(): Promise<void> {
    setBusy(true);
    try {
      await client.refresh();
    } catch {
      toast(t.refreshFailed);
    }
    setBusy(false);
  }

  return (
    <div className="freshness" data-connection={connection.status} data-transport={connection.transport}>
      <span className="freshness-state" role="status">
        <span className="freshness-dot" aria-hidden="true" />
        {user ? stateLine(connection, t, language) : t.notLive}
      </span>
      <button type="button" className="link-button refresh" aria-disabled={busy} onClick={() => void refresh()}>
        <RefreshIcon />
        {busy ? t.refreshing : t.refresh}
      </button>
    </div>
  );
}

/** A channel that is joined has to catch up; while the others are live that is news only if it takes long. */
const SHORT_MS = 1_000;

function useSettledConnection(): ConnectionState {
  const now = useConnection();
  const [settled, setSettled] = useState(now);
  const isShort = settled.status === "live" && now.status === "catching-up";
  if (!isShort && settled !== now) setSettled(now);
  useEffect(() => {
    if (!isShort) return;
    const timer = setTimeout(() => setSettled(now), SHORT_MS);
    return () => clearTimeout(timer);
  }, [isShort, now]);
  return isShort ? settled : now;
}

function stateLine({ status, staleSince, isOff }: ConnectionState, t: Dictionary, language: Language): string {
  switch (status) {
    case "live":
      return t.live;
    case "catching-up":
      return t.catchingUp;
    case "polling":
      return isOff ? t.switchedOff : t.polling;
    case "offline":
      return staleSince === null ? t.offline : t.offlineSince(clockTime(staleSince, language));
    default:
      return t.connecting;
  }
}

function clockTime(at: number, language: Language): string {
  return new Date(at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
}
