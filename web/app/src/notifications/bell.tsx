import { useUnreadCount } from "@feedline/react/notifications";
import { useEffect, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useI18n } from "../i18n";
import { showUnread } from "../shell/page-title";
import { BellIcon } from "../ui/icons";
import { usePopover } from "../ui/use-popover";
import { useWide } from "../ui/use-wide";
import { NotificationActions, NotificationList } from "./notification-list";

/** How much is unread; opens the list below it, or on a phone as a page of its own. */
export function Bell(): ReactNode {
  const unread = useUnreadCount();
  const isWide = useWide();
  const { t } = useI18n();
  const label = unread > 0 ? `${t.notifications}, ${t.unread(unread)}` : t.notifications;
  useEffect(() => {
    showUnread(unread);
    return () => showUnread(0);
  }, [unread]);
  if (isWide) return <BellWithPanel label={label} unread={unread} />;
  return (
    <Link href="/notifications" className="icon-button bell" aria-label={label}>
      <BellIcon />
      <Badge unread={unread} />
    </Link>
  );
}

function BellWithPanel({ label, unread }: { label: string; unread: number }): ReactNode {
  const { open, setOpen, box, button } = usePopover();
  const [location] = useLocation();
  const { t } = useI18n();
  return (
    <div ref={box} className="menu-box">
      <button
        ref={button}
        type="button"
        className="icon-button bell"
        aria-label={label}
        aria-expanded={open}
        onClick={() => setOpen(!open && location !== "/notifications")}
      >
        <BellIcon />
        <Badge unread={unread} />
      </button>
      {open && (
        <div className="menu notifications-panel" role="dialog" aria-label={t.notifications}>
          <div className="notifications-head">
            <Link href="/notifications" className="notifications-title" onClick={() => setOpen(false)}>
              {t.notifications}
            </Link>
            <NotificationActions />
          </div>
          <div className="notifications-scroll">
            <NotificationList onLeave={() => setOpen(false)} />
          </div>
        </div>
      )}
    </div>
  );
}

function Badge({ unread }: { unread: number }): ReactNode {
  if (unread === 0) return null;
  return (
    <span className="badge" aria-hidden="true">
      {unread > 99 ? "99+" : unread}
    </span>
  );
}
