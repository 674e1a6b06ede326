import type { Post } from "@feedline/client";
import { memo, type ReactNode } from "react";

/** Drawn again only when something in the post has changed: until then it is the same object. */
export const Story = memo(function Story({ post }: { post: Post }): ReactNode {
  const { title, text } = post.content;
  return (
    <li className="story" data-post-id={post.id}>
      <p className="dateline">
        {post.creator.name || post.creator.username}
        <time dateTime={post.createdAt}>{timeOfDay(post.createdAt)}</time>
      </p>
      {title && <h2>{title}</h2>}
      <p className="text">{post.access.isLocked ? "For subscribers." : text}</p>
    </li>
  );
});

function timeOfDay(instant: string): string {
  return new Date(instant).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}
