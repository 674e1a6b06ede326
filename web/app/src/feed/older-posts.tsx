import type { UseFeed } from "@feedline/react";
import { useEffect, useMemo, useRef, type ReactNode, type RefObject } from "react";
import { useI18n } from "../i18n";
import { useFocusOnMore } from "../ui/use-focus-on-more";

/** Begin to load this far before the reader gets to the end. */
const AHEAD = "1200px";

/** The end of a feed: loads older posts when it comes near, or by its button. */
export function OlderPosts({ state, list }: { state: UseFeed; list: RefObject<HTMLElement | null> }): ReactNode {
  const { feed, entries, hasMore, loadingMore, error } = state;
  const { t } = useI18n();
  const end = useRef<HTMLDivElement>(null);
  const keys = useMemo(() => entries.map(({ key }) => key), [entries]);
  const focusOnMore = useFocusOnMore(list, keys, hasMore);
  const failed = error !== null && !loadingMore;

  useEffect(() => {
    const element = end.current;
    // After a failure it is the person's turn; trying again in a loop helps nobody.
    if (!element || !hasMore || loadingMore || failed) return;
    const observer = new IntersectionObserver(
      (seen) => seen.some((one) => one.isIntersecting) && void feed.loadMore(),
      { rootMargin: AHEAD },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [feed, hasMore, loadingMore, failed]);

  if (!hasMore) return <p className="feed-end">{t.theEnd}</p>;
  return (
    <div ref={end} className="feed-end">
      {failed && <p>{t.loadMoreFailed}</p>}
      <button type="button" className="button" aria-disabled={loadingMore} onClick={() => void feed.loadMore()} {...focusOnMore}>
        {loadingMore ? t.loadingMore : failed ? t.tryAgain : t.loadMore}
      </button>
    </div>
  );
}
