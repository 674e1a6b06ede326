import { usePost, useSession } from "@feedline/react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { CommentsSection } from "../comments/comments-section";
import { Freshness } from "../feed/freshness";
import { PostCard } from "../feed/post-card";
import { FeedSkeleton } from "../feed/skeleton";
import { useLike } from "../feed/like";
import { useI18n } from "../i18n";
import { describeLoad } from "../problems";
import { usePageTitle } from "../shell/page-title";
import { useShortcuts } from "../shell/use-shortcuts";
import { Notice } from "../ui/notice";

export function PostPage({ id }: { id: string }): ReactNode {
  const { phase, entry, error, single } = usePost(id);
  const { user } = useSession();
  const { t } = useI18n();
  const like = useLike();
  useShortcuts({ l: () => entry && like(id) });
  usePageTitle(entry ? entry.post.content.title || t.postBy(entry.post.creator.name) : null);

  if (entry) {
    return (
      <>
        {!entry.post.content.title && <h1 className="visually-hidden">{t.postBy(entry.post.creator.name)}</h1>}
        <Freshness />
        <article
          className="post post-full"
          aria-label={t.postBy(entry.post.creator.name)}
          data-post-id={entry.post.id}
          data-client-id={entry.post.clientId ?? undefined}
        >
          <PostCard entry={entry} viewerId={user?.id ?? null} full />
        </article>
        <CommentsSection key={String(entry.post.access.isLocked)} post={entry.post} />
      </>
    );
  }
  if (phase === "loading") return <FeedSkeleton />;
  if (phase === "missing") {
    return (
      <Notice isPage title={t.noPostTitle} text={t.noPost}>
        <Link href="/" className="button">
          {t.toStart}
        </Link>
      </Notice>
    );
  }
  return (
    <Notice isPage title={t.feedFailedTitle} text={describeLoad(error, t)}>
      <button type="button" className="button button-primary" onClick={() => single.reload().catch(() => {})}>
        {t.tryAgain}
      </button>
    </Notice>
  );
}
