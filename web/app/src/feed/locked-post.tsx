import type { Post } from "@feedline/client";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useI18n } from "../i18n";
import { LockIcon } from "../ui/icons";

/** In place of what only subscribers may see: what it is, and who opens it. */
export function LockedPost({ post: { creator, access, media } }: { post: Post }): ReactNode {
  const { t } = useI18n();
  const name = creator.name || creator.username;
  return (
    <div className="locked" data-kind={media.type} style={{ aspectRatio: media.aspectRatio ?? undefined }}>
      {media.thumbnail && <img className="locked-picture" src={media.thumbnail} alt="" loading="lazy" />}
      <div className="locked-card">
        <span className="locked-lock">
          <LockIcon />
        </span>
        <p className="locked-title">{access.tier && t.lockedTitle(access.tier)}</p>
        <p className="locked-text">{t.lockedText(name)}</p>
        <Link href={`/u/${creator.username}`} className="link-button">
          {t.lockedMore(name)}
        </Link>
      </div>
    </div>
  );
}
