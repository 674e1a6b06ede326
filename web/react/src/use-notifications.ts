import { Notifications, type NotificationsSnapshot } from "@feedline/client/notifications";
import { createContext, createElement, useContext, useEffect, useMemo, useSyncExternalStore, type ReactNode } from "react";
import { useFeedline } from "./provider";
import { useSession } from "./use-session";

const Context = createContext<Notifications | null>(null);

/** Keeps the signed-in user's notifications live for everything below it. */
export function NotificationsProvider({ children }: { children: ReactNode }): ReactNode {
  const client = useFeedline();
  const viewerId = useSession().user?.id ?? null;
  const notifications = useMemo(() => (viewerId === null ? null : new Notifications(client)), [client, viewerId]);
  useEffect(() => notifications?.open(), [notifications]);
  return createElement(Context, { value: notifications }, children);
}

export interface UseNotifications extends NotificationsSnapshot {
  /** Null while nobody is signed in. */
  notifications: Notifications | null;
}

/** What concerns the signed-in user, below a `NotificationsProvider`. */
export function useNotifications(): UseNotifications {
  const notifications = useContext(Context);
  const snapshot = useSyncExternalStore(notifications?.subscribe ?? noSubscription, notifications?.snapshot ?? noSnapshot);
  return { ...snapshot, notifications };
}

/** How many of them are unread; draws nothing anew for anything else. */
export function useUnreadCount(): number {
  const notifications = useContext(Context);
  return useSyncExternalStore(notifications?.subscribe ?? noSubscription, () => notifications?.snapshot().unreadCount ?? 0);
}

const EMPTY: NotificationsSnapshot = {
  phase: "loading",
  items: [],
  unreadCount: 0,
  hasMore: false,
  loadingMore: false,
  error: null,
};
const noSnapshot = (): NotificationsSnapshot => EMPTY;
const noSubscription = (): (() => void) => () => {};
