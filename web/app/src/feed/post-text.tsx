import { useMemo, useState, type ReactNode } from "react";
import { useI18n } from "../i18n";

const LONG_TEXT = 900;
const LONG_LINES = 14;

interface PostTextProps {
  postId: string;
  text: string;
  full: boolean;
}

/** Posts whose text was unfolded: they stay so when they are taken off the page and put back. */
const unfoldedPosts = new Set<string>();

/** The text of a post, links made clickable, folded when it would push everything else away. */
export function PostText({ postId, text, full }: PostTextProps): ReactNode {
  const { t } = useI18n();
  const [unfolded, setUnfolded] = useState(() => unfoldedPosts.has(postId));
  const isLong = !full && (text.length > LONG_TEXT || text.split("\n").length > LONG_LINES);

  function fold(): void {
    if (unfolded) unfoldedPosts.delete(postId);
    else unfoldedPosts.add(postId);
    setUnfolded(!unfolded);
  }

  return (
    <>
      <p className={isLong && !unfolded ? "post-text post-text-folded" : "post-text"} dir="auto">
        <LinkedText text={text} />
      </p>
      {isLong && (
        <button type="button" className="link-button" aria-expanded={unfolded} onClick={fold}>
          {unfolded ? t.showLess : t.showMore}
        </button>
      )}
    </>
  );
}

/** A text whose addresses are links. */
export function LinkedText({ text }: { text: string }): ReactNode {
  return useMemo(() => linked(text), [text]);
}

/** Addresses end before the punctuation that closes a sentence. */
const ADDRESS = /(https?:\/\/[^\s<>"']*[^\s<>"'.,:;!?)\]}])/g;

function linked(text: string): ReactNode[] {
  // `split` with a group puts what matched at every odd place.
  return text.split(ADDRESS).map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      // oxlint-disable-next-line react/no-array-index-key -- the parts of a text have no other identity
      <a key={index} href={part} target="_blank" rel="noopener noreferrer nofollow ugc">
        {part.replace(/^https?:\/\//, "")}
      </a>
    ),
  );
}
