import type { Post } from "@feedline/client";
import { useFeedline } from "@feedline/react";
import { useEffect, useState, type CSSProperties, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { PictureIcon } from "../ui/icons";

interface PostMediaProps {
  media: Post["media"];
  /** What the post says of it: all that there is to read out. */
  label: string;
}

/** The file of a post. Its place is kept from the start, so that nothing moves when it has loaded. */
export function PostMedia({ media: { type, url, thumbnail, aspectRatio }, label }: PostMediaProps): ReactNode {
  if (url === null) return null;
  const style = { aspectRatio: aspectRatio ?? undefined };
  if (type === "image") return <Picture url={url} label={label} style={style} />;
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

/** A picture; one that did not load is tried again when somebody asks for it, comes back to the page, or is online again. */
function Picture({ url, label, style }: { url: string; label: string; style: CSSProperties }): ReactNode {
  const { platform } = useFeedline();
  const { t } = useI18n();
  const [failed, setFailed] = useState(false);
  useEffect(() => (failed ? platform.onWake(() => setFailed(false)) : undefined), [failed, platform]);
  if (!failed) return <img className="post-media" src={url} alt={label} loading="lazy" style={style} onError={() => setFailed(true)} />;
  return (
    <button type="button" className="post-media media-failed" style={style} onClick={() => setFailed(false)}>
      <PictureIcon />
      <span>{t.pictureFailed}</span>
      <span className="media-again">{t.tryAgain}</span>
    </button>
  );
}
