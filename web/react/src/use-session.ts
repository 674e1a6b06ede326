import type { SessionState } from "@feedline/client";
import { useSyncExternalStore } from "react";
import { useFeedline } from "./provider";

/** Who is signed in. */
export function useSession(): SessionState {
  const { session } = useFeedline();
  return useSyncExternalStore(session.subscribe, session.state);
}
