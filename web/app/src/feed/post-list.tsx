import type { PostEntry } from "@feedline/client";
import { useSession, type UseFeed } from "@feedline/react";
import { useVisiblePosts, type WatchPost } from "@feedline/react/visible-posts";
import { memo, useCallback, useLayoutEffect, useRef, useState, type ReactNode, type RefObject } from "react";
import { useLocation } from "wouter";
import { useI18n } from "../i18n";
import { useShortcuts } from "../shell/use-shortcuts";
import { PostCard } from "./post-card";
import { useFocusStays } from "./use-focus-stays";
import { useLike } from "./like";
import { useVirtualPosts } from "./use-virtual-posts";

/** For so long after it was written a post that comes in is marked as new. */
const FRESH_MS = 10_000;

interface PostListProps {
  state: UseFeed;
  label: string;
  list: RefObject<HTMLDivElement | null>;
}

/** The posts of a feed; on the page are those near the window. */
export function PostList({ state, label, list }: PostListProps): ReactNode {
  const { feed, entries, hasMore, loadingMore } = state;
  const { user } = useSession();
  const [shownSince] = useState(() => Date.now());
  const { focused, noteFocus } = useFocusStays(list, entries);
  const virtualizer = useVirtualPosts(list, feed, entries, focused);
  const watch = useVisiblePosts();
  const like = useLike();
  const [, navigate] = useLocation();
  useShortcuts({
    j: () => moveFocus(list.current, 1),
    k: () => moveFocus(list.current, -1),
    l: () => withFocused(list.current, like),
    c: () => withFocused(list.current, (id) => navigate(`/p/${id}#comments`)),
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
              watch={watch}
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
  watch: WatchPost | null;
  entry: PostEntry;
  index: number;
  /** The height of posts that are not on the page: between this one and the one before it, and after the last one. */
  above: number;
  below: number;
  setSize: number;
  viewerId: string | null;
  isNew: boolean;
}

const Row = memo(function Row({ measure, watch, entry, index, above, below, setSize, viewerId, isNew }: RowProps): ReactNode {
  const { t } = useI18n();
  const { post, delivery } = entry;
  // Not each time that it comes back on the page.
  const [isFresh] = useState(() => isNew && Date.now() - Date.parse(post.createdAt) < FRESH_MS);
  const element = useRef<HTMLElement>(null);
  const ref = useCallback(
    (article: HTMLElement | null) => {
      element.current = article;
      measure(article);
    },
    [measure],
  );
  // Another id, or a post that has opened, is to be seen anew.
  useLayoutEffect(
    () => (element.current ? watch?.(element.current) : undefined),
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- what makes the element another one to watch
    [watch, post.id, post.access.isLocked, delivery],
  );
  return (
    <article
      ref={ref}
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

/** Does something with the post that has the focus, once the server has it. */
function withFocused(list: HTMLElement | null, act: (postId: string) => void): void {
  const article = document.activeElement?.closest<HTMLElement>('article[data-delivery="sent"]');
  if (article && list?.contains(article) && article.dataset.postId) act(article.dataset.postId);
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
