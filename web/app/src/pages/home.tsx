import { useSession } from "@feedline/react";
import type { ReactNode } from "react";
import { useComposer } from "../composer/composer";
import { FeedView } from "../feed/feed-view";
import { useI18n } from "../i18n";
import { usePageTitle } from "../shell/page-title";
import { Avatar } from "../ui/avatar";
import { Notice } from "../ui/notice";

export function HomePage(): ReactNode {
  const { t } = useI18n();
  const compose = useComposer();
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
      <FeedView name="home" label={t.feedHome} empty={empty} />
    </>
  );
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
