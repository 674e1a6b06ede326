import type { User } from "@feedline/client";
import { useSession } from "@feedline/react";
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import { FeedView } from "../feed/feed-view";
import { FeedSkeleton } from "../feed/skeleton";
import { useI18n, type Language } from "../i18n";
import { describe } from "../problems";
import { usePageTitle } from "../shell/page-title";
import { Avatar } from "../ui/avatar";
import { VerifiedIcon } from "../ui/icons";
import { Notice } from "../ui/notice";
import { RenameDialog } from "./rename-dialog";
import { useUser } from "./use-user";

export function ProfilePage({ username }: { username: string }): ReactNode {
  const { phase, user, error, reload } = useUser(username);
  const { t } = useI18n();
  usePageTitle(user ? user.name : `@${username}`);

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
  if (!user) {
    return (
      <Notice isPage title={t.feedFailedTitle} text={describe(error, t)}>
        <button type="button" className="button button-primary" onClick={reload}>
          {t.tryAgain}
        </button>
      </Notice>
    );
  }
  return (
    <>
      <ProfileHead user={user} />
      <FeedView
        key={user.id}
        name={`creator:${user.id}`}
        label={t.feedOf(user.name)}
        empty={<Notice title={t.emptyProfile} />}
      />
    </>
  );
}

function ProfileHead({ user }: { user: User }): ReactNode {
  const { t, language } = useI18n();
  const { user: me } = useSession();
  const [renaming, setRenaming] = useState(false);
  // One's own name changes here first.
  const person = me?.id === user.id ? { ...user, name: me.name } : user;
  return (
    <section className="profile">
      <Avatar person={person} large />
      <div className="profile-text">
        <h1>
          {person.name || person.username} {person.isVerified && <VerifiedIcon label={t.verified} />}
        </h1>
        <p>
          @{person.username} · {t.joined(monthOf(person.createdAt, language))}
        </p>
      </div>
      {me?.id === user.id && (
        <button type="button" className="button" onClick={() => setRenaming(true)}>
          {t.editProfile}
        </button>
      )}
      {renaming && <RenameDialog name={person.name} onClose={() => setRenaming(false)} />}
    </section>
  );
}

function monthOf(at: string, language: Language): string {
  return new Date(at).toLocaleDateString(language, { month: "short", year: "numeric" });
}
