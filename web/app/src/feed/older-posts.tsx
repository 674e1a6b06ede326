import type { UseFeed } from "@feedline/react";
import { useEffect, useRef, type ReactNode } from "react";
import { useI18n } from "../i18n";

/** Begin to load this far before the reader gets to the end. */
const AHEAD = "1200px";

/** The end of a feed: loads older posts when it comes near, or by its button. */
export function OlderPosts({ feed, hasMore, loadingMore, error }: UseFeed): ReactNode {
  const { t } = useI18n();
  const end = useRef<HTMLDivElement>(null);
  const failed = error !== null;

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
      {loadingMore ? (
        <p>{t.loadingMore}</p>
      ) : (
        <button type="button" className="button" onClick={() => void feed.loadMore()}>
          {failed ? t.tryAgain : t.loadMore}
        </button>
      )}
    </div>
  );
}
