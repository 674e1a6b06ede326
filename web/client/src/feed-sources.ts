import type { Api, PostPage } from "./api";
import type { EventPost } from "./protocol";

export interface FeedSource {
  readonly channel: string | null;
  /** Whose posts are shown at once, wherever the reader is. */
  readonly viewerId: string | null;
  load(page: string | null, limit: number): Promise<PostPage>;
  /**
   * Whether a live post is part of this feed, from its content and the channels through which it may have come.
   * "unsure" makes the feed ask the server.
   */
  belongs(post: EventPost, channels: ReadonlySet<string>): "yes" | "no" | "unsure";
}

/** The viewer's home feed: their own posts and those of the people they follow. */
export function homeSource(api: Api, viewerId: string): FeedSource {
  const channel = `feed:${viewerId}`;
  return {
    channel,
    viewerId,
    load: (page, limit) => api.homeFeed({ page, limit }),
    belongs({ creator }, channels) {
      if (creator.id === viewerId) return "yes";
      // An event comes once, through any of its channels. Only the server knows who is followed, so another channel
      // that would have brought it too leaves the question open.
      const otherwise = channels.has("public") || channels.has(`creator:${creator.id}`);
      return channels.has(channel) && !otherwise ? "yes" : "unsure";
    },
  };
}

/** Everyone's posts. Without a viewer it can be read, but is not live. */
export function everyoneSource(api: Api, viewerId: string | null): FeedSource {
  return {
    channel: viewerId === null ? null : "public",
    viewerId,
    load: (page, limit) => api.posts({ page, limit }),
    belongs: () => "yes",
  };
}

/** The posts of one person. */
export function creatorSource(api: Api, viewerId: string | null, creatorId: string): FeedSource {
  return {
    channel: viewerId === null ? null : `creator:${creatorId}`,
    viewerId,
    load: (page, limit) => api.posts({ creator: creatorId, page, limit }),
    belongs: ({ creator }) => (creator.id === creatorId ? "yes" : "no"),
  };
}
