import type { Profile } from "@feedline/client";
import { useSuggestions } from "@feedline/react/people";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useI18n } from "../i18n";
import { Avatar } from "../ui/avatar";
import { VerifiedIcon } from "../ui/icons";
import { FollowButton } from "./follow-button";

/** For a newcomer, whose feed is empty until they follow somebody. */
export function PeopleToFollow(): ReactNode {
  const { phase, people, load } = useSuggestions();
  const { t } = useI18n();
  return (
    <section className="people" aria-labelledby="people-title" aria-busy={phase === "loading"}>
      <h2 id="people-title">{t.peopleTitle}</h2>
      {phase === "ready" && <p className="people-text">{people.length > 0 ? t.peopleText : t.peopleEmpty}</p>}
      {phase === "loading" && <PeopleSkeleton />}
      {phase === "failed" && (
        <p className="people-text">
          {t.peopleFailed}{" "}
          <button type="button" className="link-button" onClick={() => void load()}>
            {t.tryAgain}
          </button>
        </p>
      )}
      {people.length > 0 && (
        <ul className="people-list">
          {people.map((person) => (
            <PersonRow key={person.id} person={person} />
          ))}
        </ul>
      )}
    </section>
  );
}

function PersonRow({ person }: { person: Profile }): ReactNode {
  const { t } = useI18n();
  return (
    <li className="person">
      <Link href={`/u/${person.username}`} className="post-avatar" tabIndex={-1} aria-hidden="true">
        <Avatar person={person} />
      </Link>
      <div className="person-text">
        <Link href={`/u/${person.username}`} className="byline-name">
          {person.name || person.username}
        </Link>{" "}
        {person.isVerified && <VerifiedIcon label={t.verified} />}
        <p className="dotted">
          <span className="byline-username">@{person.username}</span>
          <span>{t.followers(person.followersCount)}</span>
        </p>
      </div>
      <FollowButton person={person} small />
    </li>
  );
}

export function PeopleSkeleton(): ReactNode {
  const { t } = useI18n();
  return (
    <div className="people-list" role="status" aria-label={t.loading}>
      {["a", "b", "c"].map((row) => (
        <div key={row} className="person skeleton" aria-hidden="true">
          <span className="skeleton-round" />
          <span className="skeleton-line skeleton-medium" />
        </div>
      ))}
    </div>
  );
}
