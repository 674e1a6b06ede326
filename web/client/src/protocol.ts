/** The wire protocol, version 1: the shapes that REST and the live transports share. */
import { parsed } from "./parsed";

/** An opaque position in the server's event log: only stored and sent back, never looked into. */
export type Cursor = string;

export interface Creator {
  id: string;
  username: string;
  name: string;
  avatar: string | null;
  isVerified: boolean;
}

export interface User {
  id: string;
  username: string;
  name: string;
  avatar: string | null;
  isVerified: boolean;
  role: string;
  followersCount: number;
  followingCount: number;
  postsCount: number;
  createdAt: string;
  /** How the signed-in user takes part in the experiment that runs, and what is different for them. */
  experiment?: { name: string; variant: "control" | "treatment"; settings: Readonly<Record<string, unknown>> };
}

/** A person as their profile shows them to the viewer. */
export interface Profile extends User {
  isFollowed: boolean;
  /** Whether the viewer is notified of each new post of theirs. */
  notifyPosts?: boolean;
  /** What the viewer may see of what is for subscribers. */
  tier: Tier | null;
  /** Whether the viewer has blocked them; who is blocked finds nobody. */
  isBlocked?: boolean;
}

export interface Comment {
  id: string;
  postId: string;
  author: Creator;
  text: string;
  createdAt: string;
}

export interface Notification {
  id: string;
  kind: "post" | "like" | "comment" | "follow" | "subscription";
  /** Whoever did it last. */
  actor: Creator;
  /** How many people did the same before them. */
  othersCount: number;
  postId?: string;
  commentId?: string;
  /** One English sentence. */
  text: string;
  isRead: boolean;
  createdAt: string;
}

/** What a user's posts say about them. */
export function asCreator({ id, username, name, avatar, isVerified }: User): Creator {
  return { id, username, name, avatar, isVerified };
}

export type Tier = "basic" | "premium" | "vip";
export type MediaType = "text" | "image" | "video" | "audio";

export interface Post {
  id: string;
  /** The author's Idempotency-Key; null for everyone else. */
  clientId: string | null;
  creator: Creator;
  content: { title: string | null; text: string; category: string | null; tags: readonly string[] };
  media: { type: MediaType; url: string | null; thumbnail: string | null; aspectRatio: number | null };
  access: { tier: Tier | null; isLocked: boolean };
  engagement: Engagement;
  createdAt: string;
  updatedAt: string;
}

export interface Engagement {
  likesCount: number;
  commentsCount: number;
  isLiked: boolean;
}

/** A post inside an event is encoded for many viewers at once, so it cannot say whether this one likes it. */
export type EventPost = Omit<Post, "engagement"> & {
  engagement: Omit<Engagement, "isLiked"> & { isLiked?: boolean };
};

interface EventBase {
  /** What is of the moment only (`figures`) has no place in the log: there it is missing. */
  cursor: Cursor;
  channel: string;
  timestamp: string;
  /** Set on events replayed for a later `subscribe`: its id. Such an event does not move the cursor. */
  replay?: number;
}

/** Why posts are taken back: the tier ended, the author is no longer followed, or the viewer may not see them at all. */
export type RetractionReason = "tier" | "unfollowed" | "blocked" | "removed";

export type FeedEvent = EventBase &
  (
    | { type: "post_created" | "post_updated"; post: EventPost; userId: string }
    | { type: "post_deleted"; postId: string; userId: string }
    | { type: "post_retracted"; postId?: string; creatorId?: string; reason: RetractionReason }
    | { type: "post_liked" | "post_unliked"; postId: string; userId: string; likesCount: number }
    | { type: "comment_added"; postId: string; comment: Comment; commentsCount: number }
    | { type: "comment_deleted"; postId: string; commentId: string; commentsCount: number }
    | { type: "notification"; notification: Notification }
    | { type: "notification_read"; ids?: readonly string[]; unreadCount: number }
    | { type: "notifications_cleared"; unreadCount: number }
    | { type: "new_subscription"; creatorId: string; subscriberId: string; tier: Tier }
    | { type: "feed_update"; reason: "follow" | "unfollow" | "tier" | "unblock"; creatorId: string; notifyPosts?: boolean }
    | { type: "creator_updated"; creator: Creator }
    | { type: "figures" }
  );

export type ClientMessage =
  | { type: "connect"; channels: string[]; cursor?: Cursor | undefined }
  | { type: "subscribe"; id: number; channel: string; cursor?: Cursor | undefined }
  | { type: "unsubscribe"; id: number; channel: string }
  | { type: "applied"; cursor: Cursor }
  | { type: "ping"; id: number };

export interface ChannelAnswer {
  channel: string;
  ok: boolean;
  code?: string;
}

export type ControlMessage =
  | {
      type: "connected";
      /** Null where the transport does not say. */
      userId: string | null;
      sessionId?: string;
      cursor: Cursor;
      /** Seconds between two signs of life. */
      heartbeat: number;
      channels: ChannelAnswer[];
    }
  | { type: "subscribed"; id: number; channel: string; cursor: Cursor }
  | { type: "unsubscribed"; id: number; channel: string }
  | { type: "caught_up"; id?: number; cursor: Cursor }
  | { type: "heartbeat"; cursor: Cursor }
  | { type: "resync"; id?: number; reason: string; cursor: Cursor }
  | { type: "pong"; id: number }
  | { type: "close"; code: number; reason: string }
  | { type: "error"; id?: number; code: string; message: string };

export type ServerMessage = ControlMessage | FeedEvent;

/** Only events have a time; they are of any type, also one that this version does not know. */
export function isControl(message: ServerMessage): message is ControlMessage {
  return !("timestamp" in message);
}

/** Who is not there for the viewer any more, if that is what an event tells. */
export function partedFrom(event: FeedEvent): string | undefined {
  return event.type === "post_retracted" && event.reason === "blocked" ? event.creatorId : undefined;
}

/** The message in a text frame, or null if it is none. */
export function parseMessage(text: string): ServerMessage | null {
  const message = parsed<ServerMessage>(text);
  return typeof message?.type === "string" ? message : null;
}
