import { SinglePost, type SinglePostSnapshot } from "@feedline/client/single-post";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { useFeedline } from "./provider";

export interface UsePost extends SinglePostSnapshot {
  single: SinglePost;
}

/** One post, live for as long as the component is there. */
export function usePost(id: string): UsePost {
  const client = useFeedline();
  const single = useMemo(() => new SinglePost(client, id), [client, id]);
  const snapshot = useSyncExternalStore(single.subscribe, single.snapshot);
  useEffect(() => single.open(), [single]);
  return { ...snapshot, single };
}
