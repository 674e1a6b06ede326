import type { Post, PostEntry } from "@feedline/client";
import { memo, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { PersonMenu } from "../people/person-menu";
import { TierBadge } from "../people/tier-badge";
import { Avatar } from "../ui/avatar";
import { VerifiedIcon } from "../ui/icons";
import { PlaceLink } from "../ui/place-link";
import { Time } from "../ui/time";
import { DeliveryLine } from "./delivery-line";
import { LockedPost } from "./locked-post";
import { OwnPostMenu } from "./own-post-menu";
import { PostFoot } from "./post-foot";
import { PostMedia } from "./post-media";
import { PostText } from "./post-text";
import { ReachLine } from "./reach-line";

interface PostCardProps {
  entry: PostEntry;
  viewerId: string | null;
  /** On a page of its own a post is shown in full. */
  full?: boolean;
}

/** The inside of a post. Drawn again only when its entry is another one. */
export const PostCard = memo(function PostCard({ entry, viewerId, full = false }: PostCardProps): ReactNode {
  const { post, delivery } = entry;
  const { title, text, tags, category } = post.content;
  const { t } = useI18n();
  const isOwn = post.creator.id === viewerId;
  const Title = full ? "h1" : "h2";
  return (
    <>
      <header className="post-head">
        <PlaceLink href={`/u/${post.creator.username}`} className="post-avatar" tabIndex={-1} aria-hidden="true">
          <Avatar person={post.creator} />
        </PlaceLink>
        <Byline post={post} isSent={delivery === "sent"} />
        {isOwn && delivery === "sent" && <OwnPostMenu post={post} />}
        {!isOwn && (
          <PersonMenu
            person={post.creator}
            label={t.moreOfPost(post.creator.name)}
            about={{ kind: "post", id: post.id }}
          />
        )}
      </header>
      <div className="post-body">
        {title && (
          <Title className="post-title" dir="auto">
            {title}
          </Title>
        )}
        {post.access.isLocked && <LockedPost post={post} />}
        {text && <PostText postId={post.id} text={text} full={full} />}
        <PostMedia media={post.media} label={title ?? ""} />
        {(tags.length > 0 || category) && (
          <ul className="post-tags">
            {category && (
              <li className="post-category" dir="auto">
                {category}
              </li>
            )}
            {tags.map((tag) => (
              <li key={tag} dir="auto">
                #{tag}
              </li>
            ))}
          </ul>
        )}
        {delivery === "sent" ? <PostFoot post={post} isStranger={viewerId === null} /> : <DeliveryLine entry={entry} />}
        {full && isOwn && delivery === "sent" && <ReachLine key={post.id} post={post} />}
      </div>
    </>
  );
});

function Byline({ post, isSent }: { post: Post; isSent: boolean }): ReactNode {
  const { t } = useI18n();
  const { creator } = post;
  return (
    <div className="byline">
      <PlaceLink href={`/u/${creator.username}`} className="byline-name">
        {creator.name || creator.username}
      </PlaceLink>
      {creator.isVerified && <VerifiedIcon label={t.verified} />}
      <span className="byline-rest dotted">
        <span className="byline-username">@{creator.username}</span>
        {isSent ? (
          <PlaceLink href={`/p/${post.id}`} className="byline-time">
            <Time at={post.createdAt} />
          </PlaceLink>
        ) : (
          <Time at={post.createdAt} />
        )}
        {post.updatedAt !== post.createdAt && <span>{t.edited}</span>}
        {post.access.tier && <TierBadge tier={post.access.tier} />}
      </span>
    </div>
  );
}
