import type { Post } from "@feedline/client";
import { LivePosts, type LivePostsOptions, type LivePostsSnapshot } from "@feedline/client/live-posts";
import { useEffect, useLayoutEffect, useMemo, useSyncExternalStore } from "react";
import { useFeedline } from "./provider";
import { useSession } from "./use-session";

export interface RealtimePostsOptions extends Partial<LivePostsOptions> {
  /** The posts as you have them; undefined while you are still loading them. */
  posts: readonly Post[] | undefined;
  /** Hears of the list when something live has changed it. Give it the same function each time. */
  onPostsUpdate?: (posts: readonly Post[]) => void;
}

export interface UseRealtimePosts extends LivePostsSnapshot {
  /** Shows what waits. */
  loadPendingPosts: () => Promise<void>;
}

/** For feeds that hold their own posts: the same posts, live, and the new ones above them. */
export function useRealtimePosts({ posts, onPostsUpdate, ...options }: RealtimePostsOptions): UseRealtimePosts {
  const live = useLivePosts(options);
  const isGiven = posts !== undefined;
  useLayoutEffect(() => {
    if (posts) live?.give(posts);
  }, [live, posts]);
  useEffect(() => (isGiven ? live?.open() : undefined), [live, isGiven]);
  useEffect(() => onPostsUpdate && live?.onUpdate(onPostsUpdate), [live, onPostsUpdate]);
  const snapshot = useSyncExternalStore(live?.subscribe ?? noSubscription, live?.snapshot ?? noSnapshot);
  return { ...snapshot, posts: live ? snapshot.posts : (posts ?? NONE), loadPendingPosts: live?.loadPendingPosts ?? nothing };
}

/** Null while nobody is signed in: then nothing comes live. Another viewer, or other options, are another list. */
function useLivePosts({
  feed = "home",
  autoUpdateFeed = true,
  showNewPostsNotification = true,
  maxPendingPosts = 50,
  batchUpdateDelay = 100,
}: Partial<LivePostsOptions>): LivePosts | null {
  const client = useFeedline();
  const viewerId = useSession().user?.id;
  return useMemo(
    () =>
      viewerId === undefined
        ? null
        : new LivePosts(client, { feed, autoUpdateFeed, showNewPostsNotification, maxPendingPosts, batchUpdateDelay }),
    [client, viewerId, feed, autoUpdateFeed, showNewPostsNotification, maxPendingPosts, batchUpdateDelay],
  );
}

const NONE: readonly Post[] = [];
const EMPTY: LivePostsSnapshot = { posts: NONE, newPostsCount: 0, hasNewPosts: false, pendingPosts: NONE };
const noSnapshot = (): LivePostsSnapshot => EMPTY;
const noSubscription = (): (() => void) => nothing;
const nothing = async (): Promise<void> => {};
