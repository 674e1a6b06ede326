import type { Post } from "@feedline/client";
import { useSession } from "@feedline/react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useI18n, type Language } from "../i18n";
import { CommentIcon, HeartIcon } from "../ui/icons";
import { useLike } from "./use-like";

/** What people think of a post, and the way to say so. */
export function PostFoot({ post: { id, engagement } }: { post: Post }): ReactNode {
  const { t, language } = useI18n();
  const { user } = useSession();
  const like = useLike();
  const { likesCount, commentsCount, isLiked } = engagement;
  return (
    <footer className="post-foot">
      <button
        type="button"
        className="foot-button like"
        aria-label={`${t.like}, ${t.likes(likesCount)}`}
        aria-pressed={user ? isLiked : undefined}
        onClick={() => like(id)}
      >
        <HeartIcon />
        {likesCount > 0 && <span>{short(likesCount, language)}</span>}
      </button>
      <Link href={`/p/${id}#comments`} className="foot-button" aria-label={t.commentsCount(commentsCount)}>
        <CommentIcon />
        {commentsCount > 0 && <span>{short(commentsCount, language)}</span>}
      </Link>
    </footer>
  );
}

/** 1,2 K: as wide whatever the count. */
function short(count: number, language: Language): string {
  return new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 }).format(count);
}
