import type { ConnectionState } from "@feedline/client";
import { useSyncExternalStore } from "react";
import { useFeedline } from "./provider";

/** How fresh things are. */
export function useConnection(): ConnectionState {
  const { connection } = useFeedline();
  return useSyncExternalStore(connection.subscribe, connection.state);
}
