import type { Feedline } from ".";

/** The viewer's likes: on the screen at once, however fast they change their mind, and undone there if the server refuses. */
export class Likes {
  readonly #client: Feedline;
  /** What is wanted of the posts whose like is on its way. */
  readonly #wanted = new Map<string, boolean>();

  constructor(client: Feedline) {
    this.#client = client;
  }

  /** Likes a post, or takes the like back. */
  async set(postId: string, isLiked: boolean): Promise<void> {
    const { store } = this.#client;
    const before = store.entry(postId)?.post.engagement;
    if (before && before.isLiked !== isLiked) {
      store.engage(postId, { isLiked, likesCount: Math.max(0, before.likesCount + (isLiked ? 1 : -1)) });
    }
    const isUnderWay = this.#wanted.has(postId);
    this.#wanted.set(postId, isLiked);
    if (isUnderWay) return;
    try {
      await this.#send(postId, isLiked);
    } catch (error) {
      if (before) store.engage(postId, before);
      throw error;
    } finally {
      this.#wanted.delete(postId);
    }
  }

  toggle(postId: string): Promise<void> {
    return this.set(postId, !this.#client.store.entry(postId)?.post.engagement.isLiked);
  }

  /** One request at a time, so that the last one is the last word. */
  async #send(postId: string, isLiked: boolean): Promise<void> {
    const path = `/api/posts/${encodeURIComponent(postId)}/like`;
    const { likesCount } = await this.#client.api.call<{ likesCount: number }>(isLiked ? "PUT" : "DELETE", path);
    const wanted = this.#wanted.get(postId);
    if (wanted !== undefined && wanted !== isLiked) return this.#send(postId, wanted);
    this.#client.store.engage(postId, { isLiked, likesCount });
  }
}
