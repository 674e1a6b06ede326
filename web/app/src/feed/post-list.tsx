import type { PostEntry } from "@feedline/client";
import { useSession, type UseFeed } from "@feedline/react";
import { memo, useRef, useState, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { useShortcuts } from "../shell/use-shortcuts";
import { PostCard } from "./post-card";
import { useFocusStays } from "./use-focus-stays";
import { useVirtualPosts } from "./use-virtual-posts";

/** For so long after it was written a post that comes in is marked as new. */
const FRESH_MS = 10_000;

/** The posts of a feed; on the page are those near the window. */
export function PostList({ state, label }: { state: UseFeed; label: string }): ReactNode {
  const { feed, entries, hasMore, loadingMore } = state;
  const { user } = useSession();
  const list = useRef<HTMLDivElement>(null);
  const [shownSince] = useState(() => Date.now());
  const { focused, noteFocus } = useFocusStays(list, entries);
  const virtualizer = useVirtualPosts(list, feed, entries, focused);
  useShortcuts({
    j: () => moveFocus(list.current, 1),
    k: () => moveFocus(list.current, -1),
  });
  const viewerId = user?.id ?? null;
  const isNew = ({ post }: PostEntry) => Date.parse(post.createdAt) >= shownSince;
  const newest = entries[0];
  const items = virtualizer.getVirtualItems();
  const start = virtualizer.options.scrollMargin;
  const end = start + virtualizer.getTotalSize();
  return (
    <>
      <div
        ref={list}
        role="feed"
        aria-label={label}
        aria-busy={loadingMore}
        className="feed"
        onFocus={noteFocus}
      >
        {items.map((item, at) => {
          const entry = entries[item.index] as PostEntry;
          return (
            <Row
              key={entry.key}
              measure={virtualizer.measureElement}
              entry={entry}
              index={item.index}
              above={item.start - (items[at - 1]?.end ?? start)}
              below={at === items.length - 1 ? end - item.end : 0}
              setSize={hasMore ? -1 : entries.length}
              viewerId={viewerId}
              isNew={isNew(entry)}
            />
          );
        })}
      </div>
      <NewestAnnouncement entry={newest && isNew(newest) ? newest : null} viewerId={viewerId} />
    </>
  );
}

interface RowProps {
  measure(article: HTMLElement | null): void;
  entry: PostEntry;
  index: number;
  /** The height of posts that are not on the page: between this one and the one before it, and after the last one. */
  above: number;
  below: number;
  setSize: number;
  viewerId: string | null;
  isNew: boolean;
}

const Row = memo(function Row({ measure, entry, index, above, below, setSize, viewerId, isNew }: RowProps): ReactNode {
  const { t } = useI18n();
  const { post, delivery } = entry;
  // Not each time that it comes back on the page.
  const [isFresh] = useState(() => isNew && Date.now() - Date.parse(post.createdAt) < FRESH_MS);
  return (
    <article
      ref={measure}
      className="post"
      style={{ marginTop: above, marginBottom: below }}
      tabIndex={0}
      aria-label={t.postBy(post.creator.name)}
      aria-posinset={index + 1}
      aria-setsize={setSize}
      data-index={index}
      data-post-id={post.id}
      data-client-id={post.clientId ?? undefined}
      data-delivery={delivery}
      data-fresh={isFresh || undefined}
    >
      <PostCard entry={entry} viewerId={viewerId} />
    </article>
  );
});

/** Reads out the newest post that came while the list was open, unless it is the reader's own. */
function NewestAnnouncement({ entry, viewerId }: { entry: PostEntry | null; viewerId: string | null }): ReactNode {
  const { t } = useI18n();
  const news = entry && entry.post.creator.id !== viewerId ? entry : null;
  return (
    <p className="visually-hidden" aria-live="polite">
      {news && t.postBy(news.post.creator.name)}
    </p>
  );
}

/** Goes to the next or previous post; from outside the list, to the first one that is in sight. */
function moveFocus(list: HTMLElement | null, step: 1 | -1): void {
  const posts = Array.from(list?.querySelectorAll<HTMLElement>("article") ?? []);
  const current = posts.findIndex((post) => post.contains(document.activeElement));
  const inSight = posts.findIndex((post) => post.getBoundingClientRect().bottom > 120);
  const target = current === -1 ? posts[Math.max(0, inSight)] : posts[current + step];
  target?.focus({ preventScroll: true });
  target?.scrollIntoView({ block: "nearest" });
}
