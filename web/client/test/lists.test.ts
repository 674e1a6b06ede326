import { describe, expect, test } from "vitest";
import { Comments } from "../src/comments";
import { Notifications } from "../src/notifications";
import type { Comment, FeedEvent, Notification } from "../src/protocol";
import fc from "./examples";
import { postId, settled, type FakePlatform, type Request } from "./fakes";
import { answer, blockedBy, commentAdded, commentDeleted, makeComment, makeNotification, makePerson, signedIn, told } from "./social-fakes";

/** Few on a page, so that lists have several. */
const SERVER_PAGE = 4;

interface History<T> {
  events: readonly FeedEvent[];
  /** `states[n]`: the list after the first n events, newest first. */
  states: readonly (readonly T[])[];
}

type Move = { kind: "deliver" | "reload" | "more" | "answer"; ahead: number };

const moves = fc.array(
  fc.record({ kind: fc.constantFrom("deliver", "deliver", "deliver", "reload", "more", "answer"), ahead: fc.nat(5) }),
  { maxLength: 60 },
) as fc.Arbitrary<Move[]>;

interface Opened {
  reload(): Promise<void>;
  loadMore(): Promise<void>;
}

/** A server whose lists are read at some moment and answered later, while its events go on. */
class Played<T extends { id: string }> {
  readonly #platform: FakePlatform;
  readonly #history: History<T>;
  readonly #bodyOf: (items: readonly T[], all: readonly T[]) => object;
  readonly #answered = new Set<Request>();
  /** At which state the requests were read that are not answered yet. */
  readonly #read = new Map<Request, number>();
  #delivered = 0;

  constructor(platform: FakePlatform, history: History<T>, bodyOf: (items: readonly T[], all: readonly T[]) => object) {
    this.#platform = platform;
    this.#history = history;
    this.#bodyOf = bodyOf;
  }

  async run(list: Opened, steps: readonly Move[]): Promise<void> {
    await this.#finish();
    this.#platform.socket.goLive("c0");
    for (const { kind, ahead } of steps) {
      if (kind === "deliver") this.#deliver();
      else if (kind === "reload") void list.reload();
      else if (kind === "more") void list.loadMore();
      else await this.#answerOne(ahead);
      await settled();
      this.#readAt(this.#delivered + ahead);
    }
    while (this.#delivered < this.#history.events.length) this.#deliver();
    await this.#finish();
  }

  async more(list: Opened): Promise<void> {
    void list.loadMore();
    await this.#finish();
  }

  #deliver(): void {
    const event = this.#history.events[this.#delivered];
    if (!event) return;
    this.#delivered += 1;
    this.#platform.socket.say(event);
  }

  #readAt(position: number): void {
    const at = Math.min(position, this.#history.events.length);
    for (const request of this.#platform.requests) {
      const isList = /comments\?|notifications\?/.test(request.url);
      if (isList && !this.#answered.has(request) && !this.#read.has(request)) this.#read.set(request, at);
    }
  }

  async #answerOne(pick: number): Promise<void> {
    const waiting = [...this.#read];
    const chosen = waiting[pick % Math.max(1, waiting.length)];
    if (!chosen) return;
    const [request, at] = chosen;
    this.#read.delete(request);
    this.#answered.add(request);
    await request.answer(200, this.#page(request.url, this.#history.states[at] as readonly T[], at));
  }

  #page(url: string, all: readonly T[], at: number): object {
    const after = /page=([^&]*)/.exec(url)?.[1];
    const rest = after === undefined ? all : all.filter(({ id }) => id < after);
    const items = rest.slice(0, SERVER_PAGE);
    const next = rest.length > SERVER_PAGE ? items.at(-1)?.id : null;
    return { ...this.#bodyOf(items, all), next, cursor: `c${at}` };
  }

  async #finish(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) {
      await settled();
      this.#readAt(this.#delivered);
      await this.#answerOne(0);
    }
    await settled();
  }
}

function commentHistory(steps: readonly { isDeletion: boolean; pick: number }[]): History<Comment> {
  const events: FeedEvent[] = [];
  const states: Comment[][] = [[]];
  for (const [index, { isDeletion, pick }] of steps.entries()) {
    const comments = states.at(-1) as Comment[];
    const chosen = comments[pick % Math.max(1, comments.length)];
    if (isDeletion && chosen) {
      const left = comments.filter((other) => other !== chosen);
      events.push(commentDeleted(chosen, left.length, `c${index + 1}`));
      states.push(left);
    } else {
      const comment = makeComment(index);
      events.push(commentAdded(comment, comments.length + 1, `c${index + 1}`));
      states.push([comment, ...comments]);
    }
  }
  return { events, states };
}

type Deed = { kind: "new" | "group" | "read" | "read-all" | "clear"; pick: number };

function notificationHistory(steps: readonly Deed[]): History<Notification> {
  const events: FeedEvent[] = [];
  const states: Notification[][] = [[]];
  for (const [index, { kind, pick }] of steps.entries()) {
    const before = states.at(-1) as Notification[];
    const unread = before.filter(({ isRead }) => !isRead);
    const chosen = unread[pick % Math.max(1, unread.length)];
    const cursor = `c${index + 1}`;
    let after: Notification[];
    if (kind === "clear") {
      after = [];
      events.push({ type: "notifications_cleared", unreadCount: 0, ...told(cursor) });
    } else if (kind === "read-all" || (kind === "read" && chosen)) {
      const ids = kind === "read" && chosen ? [chosen.id] : undefined;
      after = before.map((one) => (ids && !ids.includes(one.id) ? one : { ...one, isRead: true }));
      const unreadCount = after.filter(({ isRead }) => !isRead).length;
      events.push({ type: "notification_read", unreadCount, ...(ids && { ids }), ...told(cursor) });
    } else {
      const notification = kind === "group" && chosen ? { ...chosen, text: `again ${index}` } : makeNotification(index);
      const isNew = notification.id !== chosen?.id;
      after = isNew ? [notification, ...before] : before.map((one) => (one.id === chosen?.id ? notification : one));
      events.push({ type: "notification", notification, ...told(cursor) });
    }
    states.push(after);
  }
  return { events, states };
}

describe("whatever the order of events and pages, a list is in the end what the server has", () => {
  test("comments", async () => {
    const steps = fc.array(fc.record({ isDeletion: fc.boolean(), pick: fc.nat() }), { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(steps, moves, async (deeds, order) => {
        const { platform, client } = await signedIn();
        const history = commentHistory(deeds);
        const comments = new Comments(client, postId(1));
        comments.open();
        const played = new Played(platform, history, (items) => ({ comments: items }));
        await played.run(comments, order);
        const all = history.states.at(-1) as readonly Comment[];
        const shown = () => comments.snapshot().entries.map(({ comment }) => comment);
        expect(shown()).toEqual(all.slice(0, shown().length));
        for (let page = 0; comments.snapshot().hasMore && page < 10; page++) await played.more(comments);
        expect(shown()).toEqual(all);
      }),
      { numRuns: 200 },
    );
  });

  test("notifications, and how many of them are unread", async () => {
    const deed = fc.record({ kind: fc.constantFrom("new", "new", "group", "read", "read-all", "clear"), pick: fc.nat() });
    await fc.assert(
      fc.asyncProperty(fc.array(deed as fc.Arbitrary<Deed>, { maxLength: 25 }), moves, async (deeds, order) => {
        const { platform, client } = await signedIn();
        const history = notificationHistory(deeds);
        const notifications = new Notifications(client);
        notifications.open();
        const unreadOf = (all: readonly Notification[]) => all.filter(({ isRead }) => !isRead).length;
        const played = new Played(platform, history, (items, all) => ({ notifications: items, unreadCount: unreadOf(all) }));
        await played.run(notifications, order);
        const all = history.states.at(-1) as readonly Notification[];
        const shown = () => notifications.snapshot().items;
        expect(notifications.snapshot().unreadCount).toBe(unreadOf(all));
        expect(shown()).toEqual(all.slice(0, shown().length));
        for (let page = 0; notifications.snapshot().hasMore && page < 10; page++) await played.more(notifications);
        expect(shown()).toEqual(all);
      }),
      { numRuns: 200 },
    );
  });
});

test("notifications of somebody who is not there any more are gone at once, and the rest is loaded again", async () => {
  const { platform, client } = await signedIn();
  const notifications = new Notifications(client);
  notifications.open();
  const two = [makeNotification(2, { actor: makePerson("ben") }), makeNotification(1)];
  await answer(platform, "GET", /notifications\?/, { notifications: two, unreadCount: 2, next: null, cursor: "c0" });
  platform.socket.goLive("c0");
  platform.socket.say(blockedBy("ben", "c1"));
  await settled();
  expect(notifications.snapshot()).toMatchObject({ items: two.slice(1), unreadCount: 1 });
  await answer(platform, "GET", /notifications\?/, { notifications: [], unreadCount: 0, next: null, cursor: "c1" });
  expect(notifications.snapshot()).toMatchObject({ items: [], unreadCount: 0 });
});

test("notifications go with the post that they are about, and with whom the viewer does not hear of any more", async () => {
  const { platform, client } = await signedIn();
  const notifications = new Notifications(client);
  notifications.open();
  const three = [1, 2, 3].map((number) => makeNotification(number, { kind: "post", postId: postId(number), isRead: number === 3 })).toReversed();
  await answer(platform, "GET", /notifications\?/, { notifications: three, unreadCount: 2, next: null, cursor: "c0" });
  platform.socket.goLive("c0");
  platform.socket.say({ type: "post_deleted", postId: postId(2), userId: "ann", ...told("c1", "creator:ann") });
  await settled();
  const left = three.filter((one) => one.postId !== postId(2));
  expect(notifications.snapshot()).toMatchObject({ items: left, unreadCount: 1 });
  for (const change of [{ reason: "unfollow" }, { reason: "follow", notifyPosts: false }] as const) {
    platform.socket.say({ type: "feed_update", creatorId: "ann", ...change, ...told("c2", "feed:me") });
    await answer(platform, "GET", /notifications\?/, { notifications: [], unreadCount: 0, next: null, cursor: "c2" });
    expect(notifications.snapshot()).toMatchObject({ items: [], unreadCount: 0 });
  }
});
