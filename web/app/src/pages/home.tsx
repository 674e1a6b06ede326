import { useFeed, useSession } from "@feedline/react";
import { useState, type ReactNode } from "react";
import { useComposer } from "../composer/composer";
import { FeedView } from "../feed/feed-view";
import { useI18n } from "../i18n";
import { PeopleToFollow } from "../people/people-to-follow";
import { usePageTitle } from "../shell/page-title";
import { Avatar } from "../ui/avatar";
import { Notice } from "../ui/notice";

export function HomePage(): ReactNode {
  const { t } = useI18n();
  const compose = useComposer();
  const isNewcomer = useIsNewcomer();
  usePageTitle(null);
  const empty = (
    <Notice title={t.emptyHomeTitle} text={t.emptyHome}>
      <button type="button" className="button button-primary" onClick={() => compose({ kind: "new" })}>
        {t.newPost}
      </button>
    </Notice>
  );
  return (
    <>
      <h1 className="visually-hidden">{t.home}</h1>
      <Prompt />
      <FeedView name="home" label={t.feedHome} empty={empty} above={isNewcomer && <PeopleToFollow />} />
    </>
  );
}

/** Whoever came to an empty feed; and so they stay while they are here, to follow more than one person. */
function useIsNewcomer(): boolean {
  const { phase, entries, waiting, hasMore } = useFeed("home");
  const [wasEmpty, setWasEmpty] = useState(false);
  const isEmpty = phase === "ready" && entries.length === 0 && waiting === 0 && !hasMore;
  if (isEmpty && !wasEmpty) setWasEmpty(true);
  return wasEmpty;
}

/** Looks like the place to write, and opens it. */
export function Prompt(): ReactNode {
  const { t } = useI18n();
  const { user } = useSession();
  const compose = useComposer();
  if (!user) return null;
  return (
    <button type="button" className="prompt" onClick={() => compose({ kind: "new" })}>
      <Avatar person={user} />
      <span>{t.prompt}</span>
    </button>
  );
}
