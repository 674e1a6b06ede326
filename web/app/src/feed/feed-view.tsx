import type { PostEntry } from "@feedline/client";
import { useFeed, useSession, type FeedName, type UseFeed } from "@feedline/react";
import { useRef, useState, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { describe } from "../problems";
import { useShortcuts } from "../shell/use-shortcuts";
import { ArrowUpIcon } from "../ui/icons";
import { Notice } from "../ui/notice";
import { Freshness } from "./freshness";
import { OlderPosts } from "./older-posts";
import { PostCard } from "./post-card";
import { FeedSkeleton } from "./skeleton";
import { scrollToTop, useAtTop } from "./use-at-top";
import { articlesIn, useFocusStays } from "./use-focus-stays";

interface FeedViewProps {
  name: FeedName;
  /** Says to a screen reader what this list is. */
  label: string;
  empty: ReactNode;
}

/** A feed in whatever state it is: loading, failed, empty, or full of posts. */
export function FeedView({ name, label, empty }: FeedViewProps): ReactNode {
  const state = useFeed(name);
  const { feed, waiting } = state;
  useAtTop(feed);

  function showWaiting(): void {
    feed.showWaiting();
    scrollToTop();
  }
  useShortcuts({ ".": showWaiting });

  return (
    <>
      <Freshness />
      <NewPostsPill waiting={waiting} onClick={showWaiting} />
      <FeedBody state={state} label={label} empty={empty} />
    </>
  );
}

function NewPostsPill({ waiting, onClick }: { waiting: number; onClick(): void }): ReactNode {
  const { t } = useI18n();
  return (
    <div className="pill-place" role="status">
      {waiting > 0 && (
        <button type="button" className="pill" onClick={onClick}>
          <ArrowUpIcon />
          {t.newPosts(waiting)}
        </button>
      )}
    </div>
  );
}

function FeedBody({ state, label, empty }: { state: UseFeed; label: string; empty: ReactNode }): ReactNode {
  const { phase, entries, waiting } = state;
  if (phase === "failed" && entries.length === 0) return <FeedFailed state={state} />;
  if (phase === "loading" && entries.length === 0) return <FeedSkeleton />;
  if (entries.length === 0 && waiting === 0 && !state.hasMore) return empty;
  return (
    <>
      <PostList state={state} label={label} />
      {phase === "ready" && <OlderPosts {...state} />}
    </>
  );
}

function FeedFailed({ state: { feed, error } }: { state: UseFeed }): ReactNode {
  const { t } = useI18n();
  return (
    <Notice title={t.feedFailedTitle} text={describe(error, t)}>
      <button type="button" className="button button-primary" onClick={() => feed.reload().catch(() => {})}>
        {t.tryAgain}
      </button>
    </Notice>
  );
}

function PostList({ state, label }: { state: UseFeed; label: string }): ReactNode {
  const { t } = useI18n();
  const { user } = useSession();
  const list = useRef<HTMLDivElement>(null);
  const viewerId = user?.id ?? null;
  const [shownSince] = useState(() => Date.now());
  const isNew = ({ post }: PostEntry) => Date.parse(post.createdAt) >= shownSince;
  useShortcuts({
    j: () => moveFocus(list.current, 1),
    k: () => moveFocus(list.current, -1),
  });
  const { entries, hasMore, loadingMore } = state;
  const noteFocus = useFocusStays(list, entries);
  return (
    <>
      <div ref={list} role="feed" aria-label={label} aria-busy={loadingMore} className="feed" onFocus={noteFocus}>
        {entries.map((entry, index) => (
          <article
            key={entry.key}
            className="post"
            tabIndex={0}
            aria-label={t.postBy(entry.post.creator.name)}
            aria-posinset={index + 1}
            aria-setsize={hasMore ? -1 : entries.length}
            data-post-id={entry.post.id}
            data-client-id={entry.post.clientId ?? undefined}
            data-delivery={entry.delivery}
            data-fresh={isNew(entry) || undefined}
          >
            <PostCard entry={entry} viewerId={viewerId} />
          </article>
        ))}
      </div>
      <NewestAnnouncement entry={entries.find(isNew)} viewerId={viewerId} />
    </>
  );
}

/** Reads out the newest post that came while the list was open, unless it is the reader's own. */
function NewestAnnouncement({ entry, viewerId }: { entry: PostEntry | undefined; viewerId: string | null }): ReactNode {
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
  const posts = articlesIn(list);
  const current = posts.findIndex((post) => post.contains(document.activeElement));
  const inSight = posts.findIndex((post) => post.getBoundingClientRect().bottom > 120);
  const target = current === -1 ? posts[Math.max(0, inSight)] : posts[current + step];
  target?.focus({ preventScroll: true });
  target?.scrollIntoView({ block: "nearest" });
}
