import type { Post } from "@feedline/client";
import type { ReactNode } from "react";

interface PostMediaProps {
  media: Post["media"];
  /** What the post says of it: all that there is to read out. */
  label: string;
}

/** The file of a post. Its place is kept from the start, so that nothing moves when it has loaded. */
export function PostMedia({ media: { type, url, thumbnail, aspectRatio }, label }: PostMediaProps): ReactNode {
  if (url === null) return null;
  const style = { aspectRatio: aspectRatio ?? undefined };
  if (type === "image") return <img className="post-media" src={url} alt={label} loading="lazy" style={style} />;
  if (type === "video") {
    return (
      // oxlint-disable-next-line jsx-a11y/media-has-caption -- the server takes no captions
      <video className="post-media" src={url} poster={thumbnail ?? undefined} controls preload="metadata" aria-label={label} style={style} />
    );
  }
  // oxlint-disable-next-line jsx-a11y/media-has-caption -- the server takes no captions
  if (type === "audio") return <audio className="post-sound" src={url} controls preload="none" aria-label={label} />;
  return null;
}
