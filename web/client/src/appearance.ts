import type { Feed } from "./feed";
import type { Feedline } from "./feedline";
import type { Post } from "./protocol";

const APPEARS_WITHIN_MS = 3_000;

/**
 * The last resort behind publishing: a post that the server has, and that is nowhere on the page three seconds later
 * although a list that it belongs to is open, makes that list load again.
 */
export function watchAppearance({ platform, publisher, session, store }: Feedline, feeds: ReadonlyMap<string, Feed>): void {
  const timers = new Map<string, () => void>();
  const stop = (id: string): void => {
    timers.get(id)?.();
    timers.delete(id);
  };
  const check = (post: Post): void => {
    timers.delete(post.id);
    if (platform.isShown(post.id)) return;
    const missing = [...feeds.values()].filter((feed) => feed.isOpen && feed.takes(post));
    // Why one failed is in its snapshot.
    for (const feed of missing) feed.reload().catch(() => {});
  };
  publisher.published.subscribe((post) => {
    timers.set(
      post.id,
      platform.clock.after(APPEARS_WITHIN_MS, () => check(post)),
    );
    platform.afterPaint(() => {
      if (platform.isShown(post.id)) stop(post.id);
    });
  });
  store.subscribe(({ deleted }) => deleted.forEach(stop));
  session.subscribe(({ user }) => user ?? [...timers.keys()].forEach(stop));
}
