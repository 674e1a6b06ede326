import type { Feed, FeedName, FeedSnapshot } from "@feedline/client";
import { useEffect, useSyncExternalStore } from "react";
import { useFeedline } from "./provider";

export interface UseFeed extends FeedSnapshot {
  feed: Feed;
}

/** A feed, live for as long as the component is there. An entry is a new object only when its post has changed. */
export function useFeed(name: FeedName): UseFeed {
  const feed = useFeedline().feed(name);
  const snapshot = useSyncExternalStore(feed.subscribe, feed.snapshot);
  useEffect(() => feed.open(), [feed]);
  return { ...snapshot, feed };
}
