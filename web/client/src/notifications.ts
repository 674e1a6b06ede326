import type { Feedline } from ".";
import { Emitter } from "./emitter";
import { LiveList, type ListPage, type ListSnapshot } from "./live-list";
import { partedFrom, type FeedEvent, type Notification } from "./protocol";
import { unlessEqual } from "./unless-equal";

export interface NotificationsSnapshot extends ListSnapshot<Notification> {
  /** How many are unread, also among those that are not loaded. */
  readonly unreadCount: number;
}

interface NotificationPage extends ListPage<Notification> {
  unreadCount: number;
}

type Answer = Omit<NotificationPage, "items"> & { notifications: Notification[] };

/** The signed-in user's notifications, live: what is read or cleared on one device is so on all. */
export class Notifications {
  readonly #client: Feedline;
  readonly #list: LiveList<Notification, NotificationPage>;
  readonly #changes = new Emitter<void>();
  /** How many are unread further down than the list goes. */
  #unreadBelow = 0;
  #snapshot: NotificationsSnapshot | null = null;

  readonly subscribe = this.#changes.subscribe;

  constructor(client: Feedline) {
    const { user } = client.session.state();
    this.#client = client;
    this.#list = new LiveList(client, {
      channel: user && `notifications:${user.id}`,
      load: (page, limit) => this.#load(page, limit),
      took: (page, isFirst) => this.#took(page, isFirst),
      apply: (event) => this.#apply(event),
    });
    this.#list.subscribe(() => this.#changes.emit());
  }

  /** Loads them and keeps them live until the returned function is called. */
  readonly open = (): (() => void) => this.#list.open();
  readonly reload = (): Promise<void> => this.#list.reload();
  readonly loadMore = (): Promise<void> => this.#list.loadMore();

  /** The same object until something in it has changed. */
  readonly snapshot = (): NotificationsSnapshot => {
    this.#snapshot = unlessEqual(this.#snapshot, { ...this.#list.snapshot(), unreadCount: this.#unreadBelow + unreadIn(this.#list.items) });
    return this.#snapshot;
  };

  /** Marks some as read, or all: on the screen at once. */
  readonly markRead = (ids?: readonly string[]): Promise<void> => {
    const unread = ids?.filter((id) => this.#list.items.some((item) => item.id === id && !item.isRead));
    if (unread?.length === 0) return Promise.resolve();
    this.#read(unread);
    return this.#do(() => this.#client.api.call("POST", "/api/notifications/read", unread ? { ids: unread } : {}));
  };

  /** Removes all of them. */
  readonly clear = (): Promise<void> => {
    this.#clear();
    return this.#do(() => this.#client.api.call("DELETE", "/api/notifications"));
  };

  /** If the server did not do it, what is shown was wrong. */
  async #do(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this.reload().catch(() => {});
      throw error;
    }
  }

  async #load(page: string | null, limit: number): Promise<NotificationPage> {
    const query = `?limit=${limit}${page === null ? "" : `&page=${encodeURIComponent(page)}`}`;
    const { notifications, ...rest } = await this.#client.api.call<Answer>("GET", `/api/notifications${query}`);
    return { items: notifications, ...rest };
  }

  #took({ items, unreadCount }: NotificationPage, isFirst: boolean): void {
    this.#unreadBelow = Math.max(0, (isFirst ? unreadCount : this.#unreadBelow) - unreadIn(items));
  }

  #apply(event: FeedEvent): boolean {
    if (event.type === "notification") this.#list.put(event.notification);
    else if (event.type === "notification_read") this.#read(event.ids);
    else if (event.type === "notifications_cleared") this.#clear();
    else if (event.type === "post_deleted") return this.#forget(event.postId);
    else {
      const gone = partedFrom(event);
      if (gone !== undefined) this.#list.replace(this.#list.items.filter(({ actor }) => actor.id !== gone));
      // What is gone further down, and what others did as well, only the server knows.
      const isLess = event.type === "feed_update" && (event.reason === "unfollow" || event.notifyPosts === false);
      if (isLess || gone !== undefined) this.#list.refresh();
      return false;
    }
    return true;
  }

  /** What is about a post that is gone goes with it. */
  #forget(postId: string): boolean {
    this.#list.replace(this.#list.items.filter((item) => item.postId !== postId));
    return true;
  }

  #read(ids?: readonly string[]): void {
    const items = this.#list.items;
    // Whether those that are not here were unread, only the server knows.
    if (ids === undefined) this.#unreadBelow = 0;
    else if (this.#list.hasMore && ids.some((id) => !items.some((item) => item.id === id))) this.#list.refresh();
    const isMeant = ({ id, isRead }: Notification) => !isRead && (ids === undefined || ids.includes(id));
    this.#list.replace(items.map((item) => (isMeant(item) ? { ...item, isRead: true } : item)));
  }

  #clear(): void {
    this.#unreadBelow = 0;
    this.#list.clear();
  }
}

function unreadIn(notifications: readonly Notification[]): number {
  return notifications.filter(({ isRead }) => !isRead).length;
}
