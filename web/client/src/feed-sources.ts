import type { Api, PostPage } from "./api";
import type { Authors } from "./authors";
import { withDeferred } from "./load-deferred";
import type { EventPost } from "./protocol";

export interface FeedSource {
  readonly channel: string | null;
  /** Whose posts are shown at once, wherever the reader is. */
  readonly viewerId: string | null;
  load(page: string | null, limit: number): Promise<PostPage>;
  /**
   * Whether a live post is part of this feed, from its content and the channels through which it may have come; a promise
   * if the server has to be asked. It is true only if nothing was loaded meanwhile that has the post anyway, and rejects
   * if there is no answer.
   */
  belongs(post: EventPost, channels: ReadonlySet<string>): boolean | Promise<boolean>;
}

/** The viewer's home feed: their own posts and those of the people they follow. */
export function homeSource(api: Api, viewerId: string): FeedSource {
  const channel = `feed:${viewerId}`;
  let authors: Authors | null = null;
  return {
    channel,
    viewerId,
    load(page, limit) {
      // A change of whom the viewer follows loads the list anew.
      if (page === null) withDeferred((deferred) => (authors = new deferred.Authors(api)));
      return api.homeFeed({ page, limit });
    },
    belongs({ creator }, channels) {
      // An event comes once, through any of its channels. Only the server knows who is followed, so another channel
      // that would have brought it too leaves the question open.
      const otherwise = channels.has("public") || channels.has(`creator:${creator.id}`);
      if (creator.id === viewerId || (channels.has(channel) && !otherwise)) return true;
      const asked = authors;
      const isFollowed = asked?.isFollowed(creator.id) ?? Promise.reject(new Error("not loaded"));
      return typeof isFollowed === "boolean" ? isFollowed : isFollowed.then((is) => is && asked === authors);
    },
  };
}

/** Everyone's posts. Without a viewer it can be read, but is not live. */
export function everyoneSource(api: Api, viewerId: string | null): FeedSource {
  return {
    channel: viewerId === null ? null : "public",
    viewerId,
    load: (page, limit) => api.posts({ page, limit }),
    belongs: () => true,
  };
}

/** The posts of one person. */
export function creatorSource(api: Api, viewerId: string | null, creatorId: string): FeedSource {
  return {
    channel: viewerId === null ? null : `creator:${creatorId}`,
    viewerId,
    load: (page, limit) => api.posts({ creator: creatorId, page, limit }),
    belongs: ({ creator }) => creator.id === creatorId,
  };
}
