import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { PostPage } from "../src/api";
import { Connection } from "../src/connection";
import { Feed, type FeedSource } from "../src/feed";
import type { LiveQueries } from "../src/live-query";
import type { FeedEvent, Post } from "../src/protocol";
import { PostStore } from "../src/store";
import { FakePlatform, makePost, postId, settled } from "./fakes";
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
    belongs: () => "yes",
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
  store = new PostStore();
  const connection = new Connection(new FakePlatform(), {
    deliver: () => {},
    reload: async () => {},
    rejected: () => {},
  });
  const queries: LiveQueries = { connection, open: new Set() };
  feed = new Feed(source(), store, queries);
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
