import type { ConnectionState } from "@feedline/client";
import { useConnection, useFeedline, useSession } from "@feedline/react";
import { useState, type ReactNode } from "react";
import { useI18n, type Language } from "../i18n";
import type { Dictionary } from "../i18n/en";
import { RefreshIcon } from "../ui/icons";
import { useToast } from "../ui/toasts";

/** One quiet line that says how fresh the posts are, and a way to refresh them that needs no socket. */
export function Freshness(): ReactNode {
  const client = useFeedline();
  const connection = useConnection();
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

function stateLine({ status, staleSince }: ConnectionState, t: Dictionary, language: Language): string {
  switch (status) {
    case "live":
      return t.live;
    case "catching-up":
      return t.catchingUp;
    case "polling":
      return t.polling;
    case "offline":
      return staleSince === null ? t.offline : t.offlineSince(clockTime(staleSince, language));
    default:
      return t.connecting;
  }
}

function clockTime(at: number, language: Language): string {
  return new Date(at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
}
