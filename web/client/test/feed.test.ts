import { beforeEach, describe, expect, test } from "vitest";
import type { PostPage } from "../src/api";
import { Connection } from "../src/connection";
import { Feed } from "../src/feed";
import type { FeedSource } from "../src/feed-sources";
import type { LiveQueries } from "../src/live-query";
import type { FeedEvent, Post } from "../src/protocol";
import { PostStore } from "../src/store";
import fc from "./examples";
import { FakeClock, FakePlatform, makePost, postId, settled } from "./fakes";
import { history, ME } from "./history";

interface Call {
  page: string | null;
  limit: number;
  answer(page: Partial<PostPage>): Promise<void>;
  fail(): Promise<void>;
}

let store: PostStore;
let calls: Call[];
let feed: Feed;

function lastCall(): Call {
  const call = calls.at(-1);
  if (!call) throw new Error("nothing was loaded");
  return call;
}

function source(): FeedSource {
  return {
    channel: "public",
    viewerId: ME,
    belongs: () => true,
    load: (page, limit) =>
      new Promise((resolve, reject) => {
        calls.push({
          page,
          limit,
          answer: (body) => {
            resolve({ posts: [], next: null, cursor: "c0", ...body });
            return settled();
          },
          fail: () => {
            reject(new Error("down"));
            return settled();
          },
        });
      }),
  };
}

function setUp(): void {
  calls = [];
  store = new PostStore(new FakeClock(), 100);
  const platform = new FakePlatform();
  const connection = new Connection(platform, {
    deliver: () => {},
    reload: async () => {},
    refresh: async () => {},
    rejected: () => {},
  });
  const queries: LiveQueries = { platform, connection, open: new Set() };
  feed = new Feed(source(), store, queries, { maxPendingPosts: 50 });
}

beforeEach(setUp);

async function openWith(posts: Post[], next: string | null = null): Promise<void> {
  feed.open();
  await settled();
  await lastCall().answer({ posts, next });
}

function receive(...posts: Post[]): void {
  store.transaction(() => {
    for (const post of posts) {
      store.put([post]);
      feed.consider(post, new Set());
    }
  });
}

const shown = () => feed.snapshot().entries.map(({ post }) => post.id);
const ids = (...numbers: number[]) => numbers.map(postId);

describe("loading", () => {
  test("shows the first page, newest first", async () => {
    feed.open();
    expect(feed.snapshot().phase).toBe("loading");
    await settled();
    await lastCall().answer({ posts: [makePost(2), makePost(1)] });
    expect(feed.snapshot()).toMatchObject({ phase: "ready", hasMore: false, error: null });
    expect(shown()).toEqual(ids(2, 1));
  });

  test("a failure is said, and trying again helps", async () => {
    feed.open();
    await settled();
    await lastCall().fail();
    expect(feed.snapshot().phase).toBe("failed");
    void feed.reload();
    await settled();
    await lastCall().answer({ posts: [makePost(1)] });
    expect(feed.snapshot()).toMatchObject({ phase: "ready", error: null });
  });

  test("goes on with the next page, once", async () => {
    await openWith([makePost(3), makePost(2)], "p2");
    void feed.loadMore();
    void feed.loadMore();
    expect(calls.map(({ page }) => page)).toEqual([null, "p2"]);
    expect(feed.snapshot().loadingMore).toBe(true);
    await lastCall().answer({ posts: [makePost(1)] });
    expect(feed.snapshot()).toMatchObject({ hasMore: false, loadingMore: false });
    expect(shown()).toEqual(ids(3, 2, 1));
  });

  test("a next page that fails can be asked for again", async () => {
    await openWith([makePost(2)], "p2");
    void feed.loadMore();
    await lastCall().fail();
    expect(feed.snapshot()).toMatchObject({ phase: "ready", hasMore: true, loadingMore: false });
    expect(feed.snapshot().error).not.toBeNull();
    void feed.loadMore();
    await lastCall().answer({ posts: [makePost(1)] });
    expect(shown()).toEqual(ids(2, 1));
  });

  test("a reload keeps what came while it was on its way, and drops what is no longer there", async () => {
    await openWith([makePost(2), makePost(1)]);
    const reloaded = feed.reload();
    await settled();
    receive(makePost(4));
    await lastCall().answer({ posts: [makePost(3), makePost(1)] });
    await reloaded;
    expect(shown()).toEqual(ids(4, 3, 1));
  });

  test("a reload of a long list takes as many pages as it had posts", async () => {
    const posts = Array.from({ length: 150 }, (_, index) => makePost(150 - index));
    await openWith(posts, "p2");
    void feed.reload();
    await settled();
    await lastCall().answer({ posts: posts.slice(0, 100), next: "p1", cursor: "first" });
    expect(lastCall()).toMatchObject({ page: "p1", limit: 50 });
    expect(shown()).toHaveLength(150);
    await lastCall().answer({ posts: posts.slice(100), next: "p2", cursor: "second" });
    expect(feed.snapshot().hasMore).toBe(true);
    expect(shown()).toHaveLength(150);
  });

  test("a reload during a load comes after it", async () => {
    feed.open();
    await settled();
    const reloaded = feed.reload();
    await settled();
    expect(calls).toHaveLength(1);
    await lastCall().answer({ posts: [makePost(1)] });
    expect(calls).toHaveLength(2);
    await lastCall().answer({ posts: [makePost(2), makePost(1)] });
    await reloaded;
    expect(shown()).toEqual(ids(2, 1));
  });
});

describe("live posts", () => {
  test("go in at the top when the reader is there", async () => {
    await openWith([makePost(1)]);
    receive(makePost(2));
    expect(shown()).toEqual(ids(2, 1));
    expect(feed.snapshot().waiting).toBe(0);
  });

  test("of others wait when the reader is elsewhere, own ones do not", async () => {
    await openWith([makePost(1)]);
    feed.setAtTop(false);
    receive(makePost(2), makePost(3, { author: ME }), makePost(4));
    expect(shown()).toEqual(ids(3, 1));
    expect(feed.snapshot().waiting).toBe(2);
    feed.showWaiting();
    expect(shown()).toEqual(ids(4, 3, 2, 1));
    expect(feed.snapshot().waiting).toBe(0);
  });

  test("queue up behind those that wait already", async () => {
    await openWith([makePost(1)]);
    feed.setAtTop(false);
    receive(makePost(2));
    feed.setAtTop(true);
    receive(makePost(3));
    expect(shown()).toEqual(ids(1));
    expect(feed.snapshot().waiting).toBe(2);
  });

  test("that a reload brings wait as well", async () => {
    await openWith([makePost(1)]);
    feed.setAtTop(false);
    void feed.reload();
    await settled();
    await lastCall().answer({ posts: [makePost(2), makePost(1)] });
    expect(shown()).toEqual(ids(1));
    expect(feed.snapshot().waiting).toBe(1);
  });

  test("deleted ones leave, also from those that wait", async () => {
    await openWith([makePost(1)]);
    feed.setAtTop(false);
    receive(makePost(2));
    store.delete(postId(2));
    store.delete(postId(1));
    expect(shown()).toEqual([]);
    expect(feed.snapshot().waiting).toBe(0);
  });

  test("an own post stays in place, and in its row, when it turns real", async () => {
    await openWith([makePost(1)]);
    store.beginSending("key", makePost(0, { author: ME, clientId: "key" }));
    const keys = () => feed.snapshot().entries.map(({ key }) => key);
    expect(keys()).toEqual(["key", postId(1)]);
    const seen: string[][] = [];
    feed.subscribe(() => seen.push(keys()));
    store.put([makePost(2, { author: ME, clientId: "key" })]);
    expect(seen.every((list) => list.join() === ["key", postId(1)].join())).toBe(true);
    expect(keys()).toEqual(["key", postId(1)]);
    expect(shown()).toEqual(ids(2, 1));
  });
});

const range = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, index) => makePost(from - index));

describe("more posts than a feed holds back", () => {
  async function overflow(): Promise<void> {
    await openWith([makePost(2), makePost(1)]);
    feed.setAtTop(false);
    receive(...range(102, 3).toReversed());
  }

  test("are counted on, and the newest are held", async () => {
    await overflow();
    expect(feed.snapshot()).toMatchObject({ waiting: 100, hasGap: true });
    expect(feed.snapshot().pending.map(({ post }) => post.id)).toEqual(range(102, 53).map(({ id }) => id));
    expect(shown()).toEqual(ids(2, 1));
  });

  test("come from the server when they are to be shown, so that none is missing", async () => {
    await overflow();
    const done = feed.showWaiting();
    await settled();
    expect(shown()).toEqual(ids(2, 1));
    receive(makePost(103));
    await lastCall().answer({ posts: range(102, 3), next: "p2" });
    expect(lastCall()).toMatchObject({ page: "p2", limit: 2 });
    await lastCall().answer({ posts: range(2, 1), next: "p3" });
    await done;
    expect(shown()).toEqual(range(103, 1).map(({ id }) => id));
    expect(feed.snapshot()).toMatchObject({ waiting: 0, hasGap: false, hasMore: true });
  });

  test("go on waiting if the server does not answer", async () => {
    await overflow();
    const done = feed.showWaiting();
    await settled();
    await lastCall().fail();
    await done;
    expect(feed.snapshot()).toMatchObject({ waiting: 100, hasGap: true });
    expect(feed.snapshot().error).not.toBeNull();
  });
});

describe("a reload under a reader who is not at the top", () => {
  test("goes down to where the list ended, and moves nothing", async () => {
    await openWith(range(20, 1), "p2");
    feed.setAtTop(false);
    const reloaded = feed.reload();
    await settled();
    await lastCall().answer({ posts: range(130, 111), next: "n1" });
    await lastCall().answer({ posts: range(110, 11), next: "n2" });
    expect(shown()).toEqual(range(20, 1).map(({ id }) => id));
    await lastCall().answer({ posts: range(10, 1), next: "n3" });
    await reloaded;
    expect(shown()).toEqual(range(20, 1).map(({ id }) => id));
    expect(feed.snapshot()).toMatchObject({ waiting: 110, hasGap: true });
    void feed.loadMore();
    expect(lastCall().page).toBe("n3");
  });

  test("has a bound; what is further down stays", async () => {
    await openWith(range(20, 1), "p2");
    feed.setAtTop(false);
    void feed.reload();
    await settled();
    for (let top = 1_000; top > 480; top -= 100) await lastCall().answer({ posts: range(top, top - 99), next: "n" });
    expect(calls.length).toBeLessThan(8);
    expect(shown()).toEqual(range(20, 1).map(({ id }) => id));
    expect(feed.snapshot()).toMatchObject({ hasGap: true, pending: { length: 50 } });
    void feed.loadMore();
    expect(lastCall().page).toBe("p2");
  });
});

test("a list that only grows is cut, and its end comes back by loading", async () => {
  await openWith([makePost(1)]);
  for (let number = 2; number <= 1_200; number++) {
    receive(makePost(number));
    expect(shown().length).toBeLessThanOrEqual(480);
  }
  const before = shown();
  expect(before).toEqual(range(1_200, 1_201 - before.length).map(({ id }) => id));
  const known = Array.from({ length: 1_200 }, (_, index) => store.entry(postId(index + 1))).filter(Boolean);
  expect(known.length).toBeLessThanOrEqual(700);
  expect(feed.snapshot().hasMore).toBe(true);
  void feed.loadMore();
  await settled();
  for (let top = 1_200; feed.snapshot().loadingMore; top -= 100) {
    await lastCall().answer({ posts: range(top, top - lastCall().limit + 1), next: "n" });
  }
  expect(shown().slice(0, before.length)).toEqual(before);
  expect(shown().length).toBe(before.length + 20);
  void feed.loadMore();
  expect(lastCall().page).toBe("n");
});

test("a snapshot is the same object until something in it has changed", async () => {
  await openWith([makePost(1)]);
  const before = feed.snapshot();
  store.put([makePost(99)]);
  expect(feed.snapshot()).toBe(before);
  receive(makePost(2));
  expect(feed.snapshot()).not.toBe(before);
  expect(feed.snapshot().entries[1]).toBe(before.entries[0]);
});

/** What may happen next to a feed; events come in log order, pages and reloads answer late. */
const happening = fc.constantFrom("event", "event", "repeat", "reload", "answer", "scroll", "top");

test("whatever comes between, the feed ends as the server's list", async () => {
  await fc.assert(
    fc.asyncProperty(history, fc.array(happening, { maxLength: 60 }), async (past, happenings) => {
      setUp();
      let seen = 0;
      const open: { call: Call; at: number }[] = [];
      const noteCalls = () => calls.slice(open.length).forEach((call) => open.push({ call, at: seen }));
      const answerAll = async () => {
        for (const { call, at } of open) await call.answer({ posts: [...(past.states[at] ?? [])] });
        noteCalls();
      };
      const deliver = (event: FeedEvent | undefined) => {
        if (event?.type === "post_deleted") store.delete(event.postId);
        else if (event?.type === "post_created") receive({ ...event.post } as Post);
        else if (event?.type === "post_updated") store.put([event.post]);
      };
      feed.open();
      await settled();
      noteCalls();
      for (const what of happenings) {
        if (what === "event" && seen < past.events.length) deliver(past.events[seen++]);
        if (what === "repeat" && seen > 0) deliver(past.events[seen - 1]);
        if (what === "reload") void feed.reload();
        if (what === "answer") await answerAll();
        if (what === "scroll" || what === "top") feed.setAtTop(what === "top");
        await settled();
        noteCalls();
        expect(new Set(shown()).size).toBe(shown().length);
      }
      while (seen < past.events.length) deliver(past.events[seen++]);
      await answerAll();
      await answerAll();
      feed.showWaiting();
      const wanted = past.states.at(-1) ?? [];
      expect(feed.snapshot().entries.map(({ post }) => post)).toEqual(wanted);
    }),
  );
});
