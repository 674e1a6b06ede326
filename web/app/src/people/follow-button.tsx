import type { Profile } from "@feedline/client";
import { useSession } from "@feedline/react";
import { usePeople } from "@feedline/react/people";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useI18n } from "../i18n";
import { BellIcon, CheckIcon } from "../ui/icons";
import { useToast } from "../ui/toasts";

interface FollowButtonProps {
  person: Profile;
  /** In a list there is less room, and no setting. */
  small?: boolean;
}

export function FollowButton({ person, small = false }: FollowButtonProps): ReactNode {
  const { id, isFollowed, notifyPosts } = person;
  const people = usePeople();
  const { user } = useSession();
  const { t } = useI18n();
  const toast = useToast();
  const size = small ? "button button-small" : "button";
  if (user?.id === id) return null;
  if (!user) {
    return (
      <Link href="/sign-in" className={`${size} button-primary`}>
        {t.follow}
      </Link>
    );
  }
  const follow = (followed: boolean, notify?: boolean) => {
    people.follow(id, followed, notify).catch(() => toast(t.followFailed));
  };
  return (
    <div className="follow">
      {isFollowed && !small && notifyPosts !== undefined && (
        <button
          type="button"
          className="icon-button notify"
          aria-label={t.notifyPosts}
          title={t.notifyPosts}
          aria-pressed={notifyPosts}
          onClick={() => follow(true, !notifyPosts)}
        >
          <BellIcon />
        </button>
      )}
      <button
        type="button"
        className={isFollowed ? size : `${size} button-primary`}
        onClick={() => follow(!isFollowed)}
      >
        {isFollowed && <CheckIcon />}
        {isFollowed ? t.isFollowed : t.follow}
        <span className="visually-hidden">{person.name || person.username}</span>
      </button>
    </div>
  );
}
