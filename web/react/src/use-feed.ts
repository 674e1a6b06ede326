import type { Feed, FeedSnapshot, Feedline } from "@feedline/client";
import { useEffect, useSyncExternalStore } from "react";
import { useFeedline } from "./provider";

/** The signed-in user's home feed, everyone's posts, or those of the person with an id. */
export type FeedName = "home" | "everyone" | `creator:${string}`;

export interface UseFeed extends FeedSnapshot {
  feed: Feed;
}

/** A feed, live for as long as the component is there. An entry is a new object only when its post has changed. */
export function useFeed(name: FeedName): UseFeed {
  const feed = feedOf(useFeedline(), name);
  const snapshot = useSyncExternalStore(feed.subscribe, feed.snapshot);
  useEffect(() => feed.open(), [feed]);
  return { ...snapshot, feed };
}

function feedOf(client: Feedline, name: FeedName): Feed {
  if (name === "home") return client.home();
  if (name === "everyone") return client.everyone();
  return client.creator(name.slice("creator:".length));
}
