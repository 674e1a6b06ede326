import type { Post } from "@feedline/client";
import type { ReactNode } from "react";
import { useI18n, type Language } from "../i18n";
import { CommentIcon, HeartIcon } from "../ui/icons";
import { PlaceLink } from "../ui/place-link";
import { useLike } from "./like";

/** What people think of a post, and the way to say so. */
export function PostFoot({ post: { id, engagement }, isStranger }: { post: Post; isStranger: boolean }): ReactNode {
  const { t, language } = useI18n();
  const like = useLike();
  const { likesCount, commentsCount, isLiked } = engagement;
  return (
    <footer className="post-foot">
      <button
        type="button"
        className="foot-button like"
        aria-label={`${t.like}, ${t.likes(likesCount)}`}
        aria-pressed={isStranger ? undefined : isLiked}
        onClick={() => like(id)}
      >
        <HeartIcon />
        {likesCount > 0 && <span>{short(likesCount, language)}</span>}
      </button>
      <PlaceLink href={`/p/${id}#comments`} className="foot-button" aria-label={t.commentsCount(commentsCount)}>
        <CommentIcon />
        {commentsCount > 0 && <span>{short(commentsCount, language)}</span>}
      </PlaceLink>
    </footer>
  );
}

/** 1.2K: about as wide whatever the count. */
function short(count: number, language: Language): string {
  return count < 1_000 ? String(count) : COMPACT[language].format(count);
}

/** Making one costs more than a row of a list can spare. */
const COMPACT: Record<Language, Intl.NumberFormat> = { en: compact("en"), ru: compact("ru") };

function compact(language: Language): Intl.NumberFormat {
  return new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
}
