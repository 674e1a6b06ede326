import type { Feed } from "./feed";
import type { Platform } from "./platform";
import type { Post } from "./protocol";
import type { PostStore } from "./store";

const APPEARS_WITHIN_MS = 3_000;

/**
 * The last resort behind publishing: a post that the server has, and that is nowhere on the page three seconds later
 * although a list that it belongs to is open, makes that list load again.
 */
export class Appearance {
  readonly #platform: Pick<Platform, "clock" | "afterPaint" | "isShown">;
  readonly #feeds: ReadonlyMap<string, Feed>;
  readonly #timers = new Map<string, () => void>();

  constructor(platform: Pick<Platform, "clock" | "afterPaint" | "isShown">, store: PostStore, feeds: ReadonlyMap<string, Feed>) {
    this.#platform = platform;
    this.#feeds = feeds;
    store.subscribe(({ deleted }) => deleted.forEach((id) => this.#stop(id)));
  }

  expect(post: Post): void {
    this.#timers.set(post.id, this.#platform.clock.after(APPEARS_WITHIN_MS, () => this.#check(post)));
    this.#platform.afterPaint(() => {
      if (this.#platform.isShown(post.id)) this.#stop(post.id);
    });
  }

  clear(): void {
    for (const id of this.#timers.keys()) this.#stop(id);
  }

  #check(post: Post): void {
    this.#timers.delete(post.id);
    if (this.#platform.isShown(post.id)) return;
    const missing = [...this.#feeds.values()].filter((feed) => feed.isOpen && feed.takes(post));
    // Why one failed is in its snapshot.
    for (const feed of missing) feed.reload().catch(() => {});
  }

  #stop(id: string): void {
    this.#timers.get(id)?.();
    this.#timers.delete(id);
  }
}
