import { useFeed, type FeedName, type UseFeed } from "@feedline/react";
import { useRef, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { describeLoad } from "../problems";
import { useShortcuts } from "../shell/use-shortcuts";
import { ArrowUpIcon } from "../ui/icons";
import { Notice } from "../ui/notice";
import { useToast } from "../ui/toasts";
import { Freshness } from "./freshness";
import { OlderPosts } from "./older-posts";
import { PostList } from "./post-list";
import { FeedSkeleton } from "./skeleton";
import { scrollToTop, useAtTop } from "./use-at-top";

interface FeedViewProps {
  name: FeedName;
  /** Says to a screen reader what this list is. */
  label: string;
  empty: ReactNode;
  /** Something else that stands between the line of freshness and the posts. */
  above?: ReactNode;
}

/** A feed in whatever state it is: loading, failed, empty, or full of posts. */
export function FeedView({ name, label, empty, above }: FeedViewProps): ReactNode {
  const state = useFeed(name);
  const { feed, waiting } = state;
  const { t } = useI18n();
  const toast = useToast();
  useAtTop(feed);

  async function showWaiting(): Promise<void> {
    scrollToTop();
    await feed.showWaiting();
    // Those that have fallen out had to be loaded.
    if (feed.snapshot().hasGap) toast(t.refreshFailed);
  }
  useShortcuts({ ".": () => void showWaiting() });

  return (
    <>
      <Freshness />
      <NewPostsPill waiting={waiting} onClick={() => void showWaiting()} />
      {above}
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
  const list = useRef<HTMLDivElement>(null);
  if (phase === "ready" && entries.length === 0 && waiting === 0 && !state.hasMore) return empty;
  return (
    <>
      {/* What the author has just written is there before, and without, everything else. */}
      {(phase === "ready" || entries.length > 0) && <PostList state={state} label={label} list={list} />}
      {phase === "ready" && <OlderPosts state={state} list={list} />}
      {phase === "loading" && <FeedSkeleton />}
      {phase === "failed" && <FeedFailed state={state} />}
    </>
  );
}

function FeedFailed({ state: { feed, error } }: { state: UseFeed }): ReactNode {
  const { t } = useI18n();
  return (
    <Notice title={t.feedFailedTitle} text={describeLoad(error, t)}>
      <button type="button" className="button button-primary" onClick={() => feed.reload().catch(() => {})}>
        {t.tryAgain}
      </button>
    </Notice>
  );
}
