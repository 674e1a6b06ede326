import type { Delivery } from "./conversation";
import type { Feed } from "./feed";
import type { LiveQuery } from "./live-query";
import type { FeedEvent, Post } from "./protocol";
import type { PostStore } from "./store";

/** What events change: the posts, and the lists they are in. */
export interface Audience {
  readonly store: PostStore;
  readonly feeds: ReadonlyMap<string, Feed>;
  readonly open: ReadonlySet<LiveQuery>;
  readonly viewerId: string | null;
}

type Retraction = FeedEvent & { type: "post_retracted" };

/** Takes in one event, in log order with the others; a second time it changes nothing. */
export function applyEvent({ event, channels }: Delivery, { store, feeds, open, viewerId }: Audience): void {
  switch (event.type) {
    case "post_created":
      store.put([event.post]);
      for (const feed of feeds.values()) feed.consider(event.post, channels);
      break;
    case "post_updated":
      store.put([event.post]);
      break;
    case "post_deleted":
      store.delete(event.postId);
      break;
    case "post_liked":
    case "post_unliked": {
      const isLiked = event.userId === viewerId ? { isLiked: event.type === "post_liked" } : {};
      store.engage(event.postId, { likesCount: event.likesCount, ...isLiked }, event.timestamp);
      break;
    }
    case "comment_added":
    case "comment_deleted":
      store.engage(event.postId, { commentsCount: event.commentsCount }, event.timestamp);
      break;
    case "post_retracted":
      retract(event, store, feeds);
      break;
    case "feed_update":
      for (const query of open) query.refresh();
      break;
    case "creator_updated":
      store.updateCreator(event.creator);
  }
}

/** Takes back posts that the viewer may not see any more. */
function retract({ reason, postId, creatorId }: Retraction, store: PostStore, feeds: Audience["feeds"]): void {
  const isMeant = ({ id, creator }: Post) => id === postId || creator.id === creatorId;
  if (reason === "tier") store.lockWhere((post) => isMeant(post) && post.access.tier !== null);
  else if (reason === "unfollowed") feeds.get("home")?.drop(isMeant);
  else store.removeWhere(isMeant);
}
