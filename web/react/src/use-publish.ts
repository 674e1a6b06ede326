import type { Draft, PostEntry } from "@feedline/client";
import { useMemo, useSyncExternalStore } from "react";
import { useFeedline } from "./provider";

export interface UsePublish {
  /** Shows the post at once and sends it, once, however long that takes; returns its client id. */
  publish: (draft: Draft) => string;
  /** Sends a post again that failed or waits. */
  retry: (clientId: string) => void;
  /** Drops a post that is not sent. */
  discard: (clientId: string) => void;
  /** What the person wrote, for a post that is not sent. */
  draft: (clientId: string) => Draft | null;
  /** Posts that the server has not confirmed, newest first. */
  unsent: readonly PostEntry[];
}

/** Publishing, and what became of it. */
export function usePublish(): UsePublish {
  const client = useFeedline();
  const unsent = useSyncExternalStore(client.store.subscribe, () => client.store.outgoing());
  const actions = useMemo(() => {
    const { publisher } = client;
    return {
      publish: (draft: Draft) => client.publish(draft),
      retry: (clientId: string) => publisher.retry(clientId),
      discard: (clientId: string) => publisher.discard(clientId),
      draft: (clientId: string) => publisher.draft(clientId),
    };
  }, [client]);
  return { ...actions, unsent };
}
