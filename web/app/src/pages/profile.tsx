import type { Profile } from "@feedline/client";
import { useSession } from "@feedline/react";
import { usePeople, usePerson } from "@feedline/react/people";
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import { FeedView } from "../feed/feed-view";
import { FeedSkeleton } from "../feed/skeleton";
import { useI18n, type Language } from "../i18n";
import { FollowButton } from "../people/follow-button";
import { PersonMenu } from "../people/person-menu";
import { TierBadge } from "../people/tier-badge";
import { UnblockButton } from "../people/unblock-button";
import { describeLoad } from "../problems";
import { usePageTitle } from "../shell/page-title";
import { Avatar } from "../ui/avatar";
import { VerifiedIcon } from "../ui/icons";
import { Notice } from "../ui/notice";
import { ProfileDialog } from "./profile-dialog";

export function ProfilePage({ username }: { username: string }): ReactNode {
  const { phase, person, error, page } = usePerson(username);
  const { t } = useI18n();
  usePageTitle(person ? person.name || person.username : `@${username}`);

  if (phase === "loading") return <FeedSkeleton />;
  if (phase === "missing") {
    return (
      <Notice isPage title={t.noUserTitle} text={t.noUser(username)}>
        <Link href="/" className="button">
          {t.toStart}
        </Link>
      </Notice>
    );
  }
  if (!person) {
    return (
      <Notice isPage title={t.feedFailedTitle} text={describeLoad(error, t)}>
        <button type="button" className="button button-primary" onClick={() => page.reload().catch(() => {})}>
          {t.tryAgain}
        </button>
      </Notice>
    );
  }
  return (
    <>
      <ProfileHead person={person} />
      {person.isBlocked ? (
        <Notice title={t.isBlockedTitle(person.username)} text={t.isBlockedText} />
      ) : (
        <FeedView
          key={person.id}
          name={`creator:${person.id}`}
          label={t.feedOf(person.name)}
          empty={<Notice title={t.emptyProfile} />}
        />
      )}
    </>
  );
}

function ProfileHead({ person: known }: { person: Profile }): ReactNode {
  const { t, language } = useI18n();
  const { user: me } = useSession();
  const isMe = me?.id === known.id;
  // What one changes of oneself changes here first.
  const person = isMe ? { ...known, name: me.name, avatar: me.avatar } : known;
  return (
    <section className="profile">
      <Avatar person={person} large />
      <div className="profile-text">
        <h1>
          {person.name || person.username} {person.isVerified && <VerifiedIcon label={t.verified} />}
        </h1>
        <p className="dotted">
          <span>@{person.username}</span>
          <span>{t.joined(monthOf(person.createdAt, language))}</span>
        </p>
        <p className="profile-counts">
          <span>{t.posts(person.postsCount)}</span>
          <span>{t.followers(person.followersCount)}</span>
          <span>{t.following(person.followingCount)}</span>
        </p>
        {person.tier && (
          <p className="profile-tier">
            <TierBadge tier={person.tier} /> {t.holdsTier(person.tier)}
          </p>
        )}
      </div>
      {isMe ? <OwnActions person={person} /> : <OthersActions person={person} />}
    </section>
  );
}

function OthersActions({ person }: { person: Profile }): ReactNode {
  const { t } = useI18n();
  const people = usePeople();
  if (person.isBlocked) return <UnblockButton person={person} unblock={(id) => people.block(id, false)} />;
  return (
    <div className="follow">
      <FollowButton person={person} />
      <PersonMenu person={person} label={t.moreOf(person.name)} about={{ kind: "user", id: person.id }} />
    </div>
  );
}

function OwnActions({ person }: { person: Profile }): ReactNode {
  const { t } = useI18n();
  const [editing, setEditing] = useState(false);
  return (
    <div className="follow">
      <Link href="/subscribers" className="button">
        {t.subscribers}
      </Link>
      <button type="button" className="button" onClick={() => setEditing(true)}>
        {t.editProfile}
      </button>
      {editing && <ProfileDialog person={person} onClose={() => setEditing(false)} />}
    </div>
  );
}

function monthOf(at: string, language: Language): string {
  return new Date(at).toLocaleDateString(language, { month: "short", year: "numeric" });
}
