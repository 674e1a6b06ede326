import type { ReactNode } from "react";
import { FeedView } from "../feed/feed-view";
import { useI18n } from "../i18n";
import { usePageTitle } from "../shell/page-title";
import { Notice } from "../ui/notice";
import { Prompt } from "./home";

export function EveryonePage(): ReactNode {
  const { t } = useI18n();
  usePageTitle(t.everyone);
  return (
    <>
      <h1 className="visually-hidden">{t.everyone}</h1>
      <Prompt />
      <EveryoneFeed />
    </>
  );
}

export function EveryoneFeed(): ReactNode {
  const { t } = useI18n();
  const empty = <Notice title={t.emptyEveryoneTitle} text={t.emptyEveryone} />;
  return <FeedView name="everyone" label={t.feedEveryone} empty={empty} />;
}
