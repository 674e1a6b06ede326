import type { Post } from "@feedline/client";
import { useFeedline, useSession } from "@feedline/react";
import { useEffect, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { LockIcon } from "../ui/icons";
import { PlaceLink } from "../ui/place-link";

/** In place of what only subscribers may see: what it is, and who opens it. */
export function LockedPost({ post: { creator, access, media } }: { post: Post }): ReactNode {
  const { t } = useI18n();
  useOpening();
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
        <PlaceLink href={`/u/${creator.username}`} className="link-button">
          {t.lockedMore(name)}
        </PlaceLink>
      </div>
    </div>
  );
}

/** That a tier has begun is told on the channel of the home feed. */
function useOpening(): void {
  const client = useFeedline();
  const viewerId = useSession().user?.id;
  useEffect(() => (viewerId === undefined ? undefined : client.home().open()), [client, viewerId]);
}
