import { useBlocks } from "@feedline/react/people";
import { useMemo, useRef, type ReactNode } from "react";
import { Link } from "wouter";
import { useI18n, type Language } from "../i18n";
import { UnblockButton } from "../people/unblock-button";
import { describe, describeLoad } from "../problems";
import { Avatar } from "../ui/avatar";
import { useToast } from "../ui/toasts";
import { useFocusOnMore } from "../ui/use-focus-on-more";

const EN = {
  title: "Blocked people",
  text: "You don’t see each other’s posts and comments, and don’t follow each other.",
  empty: "You have blocked nobody.",
};

const WORDS: Readonly<Record<Language, typeof EN>> = {
  en: EN,
  ru: {
    title: "Заблокированные",
    text: "Вы не видите записи и комментарии друг друга и не подписаны друг на друга.",
    empty: "Вы никого не заблокировали.",
  },
};

/** Whom the viewer has blocked, and the way to end it. */
export function BlockedPeople(): ReactNode {
  const { language, t } = useI18n();
  const words = WORDS[language];
  const toast = useToast();
  const { phase, people, hasMore, error, list } = useBlocks();
  const rows = useRef<HTMLUListElement>(null);
  const keys = useMemo(() => people.map(({ user }) => user.id), [people]);
  const focusOnMore = useFocusOnMore(rows, keys, hasMore);
  return (
    <>
      <h2 className="section-title">{words.title}</h2>
      <p className="page-text">{phase === "ready" && people.length === 0 ? words.empty : words.text}</p>
      {phase === "failed" && (
        <p className="page-text" role="alert">
          {describeLoad(error, t)}{" "}
          <button type="button" className="link-button" onClick={() => list.reload().catch(() => {})}>
            {t.tryAgain}
          </button>
        </p>
      )}
      {people.length > 0 && (
        <ul ref={rows} className="people-list sheet">
          {people.map(({ user }) => (
            <li key={user.id} className="person">
              <Avatar person={user} />
              <div className="person-text">
                <Link href={`/u/${user.username}`} className="byline-name">
                  {user.name || user.username}
                </Link>
                <p>@{user.username}</p>
              </div>
              <UnblockButton person={user} unblock={list.unblock} />
            </li>
          ))}
        </ul>
      )}
      {hasMore && (
        <button
          type="button"
          className="button button-small"
          {...focusOnMore}
          onClick={() => list.loadMore().catch((failure: unknown) => toast(describe(failure, t)))}
        >
          {t.showMorePeople}
        </button>
      )}
    </>
  );
}
