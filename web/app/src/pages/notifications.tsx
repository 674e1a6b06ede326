import type { ReactNode } from "react";
import { useI18n } from "../i18n";
import { NotificationActions, NotificationList } from "../notifications/notification-list";
import { usePageTitle } from "../shell/page-title";

export function NotificationsPage(): ReactNode {
  const { t } = useI18n();
  usePageTitle(t.notifications);
  return (
    <section className="notifications-page">
      <div className="page-head">
        <h1>{t.notifications}</h1>
        <NotificationActions />
      </div>
      <div className="sheet">
        <NotificationList />
      </div>
    </section>
  );
}
