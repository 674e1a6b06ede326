import type { Notification } from "@feedline/client";
import { useNotifications } from "@feedline/react/notifications";
import { useMemo, useRef, useState, type ReactNode } from "react";
import { Link } from "wouter";
import { useI18n } from "../i18n";
import { describe, describeLoad } from "../problems";
import { PeopleSkeleton } from "../people/people-to-follow";
import { Avatar } from "../ui/avatar";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { Time } from "../ui/time";
import { useToast } from "../ui/toasts";
import { useFocusOnMore } from "../ui/use-focus-on-more";
import { placeOf } from "./words";

/** What concerns the viewer, newest first, and what can be done about it. `onLeave` hears of every way to somewhere else. */
export function NotificationList({ onLeave }: { onLeave?: () => void }): ReactNode {
  const { notifications, phase, items, hasMore, loadingMore, error } = useNotifications();
  const { t } = useI18n();
  const list = useRef<HTMLUListElement>(null);
  const keys = useMemo(() => items.map(({ id }) => id), [items]);
  const focusOnMore = useFocusOnMore(list, keys, hasMore);
  if (!notifications) return null;
  if (phase === "loading") return <PeopleSkeleton />;
  if (phase === "failed") {
    return (
      <div className="notifications-note">
        <strong>{t.notificationsFailed}</strong>
        <p>{describeLoad(error, t)}</p>
        <button type="button" className="button button-small" onClick={() => notifications.reload().catch(() => {})}>
          {t.tryAgain}
        </button>
      </div>
    );
  }
  if (items.length === 0 && !hasMore) {
    return (
      <div className="notifications-note">
        <strong>{t.notificationsEmpty}</strong>
        <p>{t.notificationsEmptyText}</p>
      </div>
    );
  }
  return (
    <>
      <ul ref={list} className="notification-list">
        {items.map((item) => (
          <NotificationRow
            key={item.id}
            item={item}
            onOpen={() => {
              notifications.markRead([item.id]).catch(() => {});
              onLeave?.();
            }}
          />
        ))}
      </ul>
      {hasMore && (
        <div className="comments-more">
          <button
            type="button"
            className="button button-small"
            aria-disabled={loadingMore}
            onClick={() => void notifications.loadMore()}
            {...focusOnMore}
          >
            {loadingMore ? t.loading : t.notificationsMore}
          </button>
        </div>
      )}
    </>
  );
}

function NotificationRow({ item, onOpen }: { item: Notification; onOpen(): void }): ReactNode {
  const { t } = useI18n();
  const { actor, kind, othersCount, isRead, createdAt } = item;
  const words = t.notification[kind] as readonly [string, string] | undefined;
  return (
    <li>
      <Link href={placeOf(item)} className="notification" data-kind={kind} data-unread={!isRead || undefined} onClick={onOpen}>
        <Avatar person={actor} />
        <span className="notification-text">
          {words ? (
            <>
              {words[0]}
              <strong>{actor.name || actor.username}</strong>
              {othersCount > 0 && t.andOthers(othersCount)}
              {words[1]}
            </>
          ) : (
            item.text
          )}
          <span className="notification-time">
            <Time at={createdAt} />
          </span>
        </span>
        {!isRead && <span className="notification-dot" role="img" aria-label={t.isUnread} />}
      </Link>
    </li>
  );
}

/** Marks all as read, or removes all. */
export function NotificationActions(): ReactNode {
  const { notifications, items, unreadCount } = useNotifications();
  const { t } = useI18n();
  const toast = useToast();
  const [asking, setAsking] = useState(false);
  if (!notifications || items.length === 0) return null;
  return (
    <div className="notification-actions">
      {unreadCount > 0 && (
        <button
          type="button"
          className="link-button"
          onClick={() => notifications.markRead().catch((error: unknown) => toast(describe(error, t)))}
        >
          {t.readAll}
        </button>
      )}
      <button type="button" className="link-button" onClick={() => setAsking(true)}>
        {t.clearAll}
      </button>
      {asking && (
        <ConfirmDialog
          title={t.clearTitle}
          text={t.clearText}
          label={t.clearAll}
          onConfirm={() => notifications.clear().catch((error: unknown) => toast(describe(error, t)))}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}
