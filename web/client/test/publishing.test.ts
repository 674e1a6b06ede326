import { beforeEach, describe, expect, test } from "vitest";
import { Feedline } from "../src/feedline";
import type { Post } from "../src/protocol";
import { created, deleted, FakePlatform, makePost, postId, settled, type Request } from "./fakes";

const me = { id: "me", username: "me", name: "Me", avatar: null, isVerified: false };

let platform: FakePlatform;
let feedline: Feedline;

beforeEach(async () => {
  platform = new FakePlatform();
  feedline = await signIn(platform);
});

async function signIn(onto: FakePlatform): Promise<Feedline> {
  const client = new Feedline(onto);
  void client.start();
  await onto.request("GET", /\/api\/me/).answer(200, { user: me });
  return client;
}

/** A page of the same browser: another tab, or the same one after a reload. */
async function otherPage(): Promise<[FakePlatform, Feedline]> {
  const other = new FakePlatform();
  for (const [key, value] of platform.storage) other.storage.set(key, value);
  return [other, await signIn(other)];
}

async function openHome(client = feedline, on = platform, posts: Post[] = []) {
  const feed = client.home();
  feed.open();
  await settled();
  await on.request("GET", /\/api\/feed/).answer(200, { posts, next: null, cursor: "c0" });
  on.socket.goLive("c0");
  await settled();
  return feed;
}

const publishes = (on = platform): Request[] =>
  on.requests.filter(({ method, url }) => method === "POST" && url === "/api/posts");
const lastPublish = (on = platform) => on.request("POST", /\/api\/posts$/);
const keyOf = (request: Request) => request.headers["Idempotency-Key"] ?? "";
const mine = (number: number, clientId: string) => makePost(number, { author: "me", clientId, version: 1 });
const answer = (request: Request, number: number) =>
  request.answer(201, { post: mine(number, keyOf(request)), cursor: "c1" });
const texts = (client = feedline) => client.home().snapshot().entries.map(({ post }) => post.content.text);

async function advance(ms: number): Promise<void> {
  platform.clock.advance(ms);
  await settled();
}

describe("several posts", () => {
  test("are sent one after the other, in the order of writing", async () => {
    await openHome();
    for (const text of ["first", "second", "third"]) feedline.publish({ text });
    await settled();
    expect(texts()).toEqual(["third", "second", "first"]);
    expect(publishes()).toHaveLength(1);
    for (const number of [1, 2, 3]) await answer(lastPublish(), number);
    expect(publishes().map(({ body }) => body)).toEqual(["first", "second", "third"].map((text) => JSON.stringify({ text })));
  });

  test("are not held up by one that the server fails on", async () => {
    await openHome();
    feedline.publish({ text: "poison" });
    feedline.publish({ text: "fine" });
    await lastPublish().answer(500, { code: "internal" });
    expect(publishes().map(({ body }) => body)).toEqual(['{"text":"poison"}', '{"text":"fine"}']);
  });

  test("wait together when the server is out of reach", async () => {
    const feed = await openHome();
    feedline.publish({ text: "first" });
    feedline.publish({ text: "second" });
    await lastPublish().fail();
    await advance(1_000);
    await lastPublish().fail();
    expect(publishes()).toHaveLength(2);
    expect(feed.snapshot().entries.map(({ delivery }) => delivery)).toEqual(["queued", "queued"]);
  });

  test("two clicks are one post, the same words later are another", async () => {
    await openHome();
    const first = feedline.publish({ text: "twice" });
    expect(feedline.publish({ text: "twice" })).toBe(first);
    await answer(lastPublish(), 1);
    await advance(1_000);
    expect(feedline.publish({ text: "twice" })).not.toBe(first);
    expect(publishes()).toHaveLength(2);
  });
});

describe("a post written offline", () => {
  test("is sent under its key when the network is back", async () => {
    await openHome();
    const clientId = feedline.publish({ text: "on a train" });
    for (let attempt = 0; attempt < 8; attempt++) {
      await lastPublish().fail();
      await advance(30_000);
    }
    await lastPublish().fail();
    const before = publishes().length;
    platform.wake();
    await settled();
    expect(publishes()).toHaveLength(before + 1);
    expect(new Set(publishes().map(keyOf))).toEqual(new Set([clientId]));
    await answer(lastPublish(), 1);
    expect(platform.storage.size).toBe(0);
  });

  test("is there after a reload, and sent under the same key", async () => {
    await openHome();
    const clientId = feedline.publish({ title: "Kept", text: "on a train" });
    const [other, reloaded] = await otherPage();
    const feed = await openHome(reloaded, other);
    expect(feed.snapshot().entries).toMatchObject([{ key: clientId, delivery: "sending" }]);
    expect(texts(reloaded)).toEqual(["on a train"]);
    expect(publishes(other).map(keyOf)).toEqual([clientId]);
    await answer(lastPublish(other), 1);
    expect(feed.snapshot().entries).toMatchObject([{ key: clientId, delivery: "sent" }]);
    expect(other.storage.size).toBe(0);
  });

  test("that had arrived before the page ended is one post", async () => {
    await openHome();
    const clientId = feedline.publish({ text: "just in time" });
    const [other, reloaded] = await otherPage();
    const feed = await openHome(reloaded, other, [mine(1, clientId)]);
    expect(feed.snapshot().entries).toMatchObject([{ key: clientId, delivery: "sent" }]);
    expect(other.storage.size).toBe(0);
  });

  test("goes to nobody else's account", async () => {
    await openHome();
    feedline.publish({ text: "mine" });
    void feedline.session.logout();
    await platform.request("POST", /logout/).answer(204);
    const before = publishes().length;
    void feedline.session.login({ username: "you", password: "secret" });
    await platform.request("POST", /login/).answer(200, { user: { ...me, id: "you" } });
    await advance(60_000);
    expect(publishes()).toHaveLength(before);
    expect(feedline.store.outgoing()).toEqual([]);
    expect(platform.storage.size).toBe(1);
  });

  test("is not sent by itself when the server may have forgotten its key", async () => {
    await openHome();
    const clientId = feedline.publish({ text: "long ago" });
    await lastPublish().fail();
    platform.clock.sleep(24 * 3_600_000);
    await advance(1_000);
    expect(publishes()).toHaveLength(1);
    expect(feedline.store.outgoing()).toMatchObject([{ delivery: "failed" }]);
    feedline.publisher.retry(clientId);
    await settled();
    expect(publishes()).toHaveLength(2);
  });
});

describe("another tab", () => {
  test("that shows the same unsent post sees it arrive", async () => {
    await openHome();
    const clientId = feedline.publish({ text: "shared" });
    const [other, elsewhere] = await otherPage();
    const feed = await openHome(elsewhere, other);
    await answer(lastPublish(), 1);
    other.socket.say(created(mine(1, clientId), "c1"));
    expect(feed.snapshot().entries).toMatchObject([{ key: clientId, delivery: "sent" }]);
    await answer(lastPublish(other), 1);
    expect(feed.snapshot().entries).toHaveLength(1);
  });

  test("does not send what was discarded here", async () => {
    await openHome();
    const clientId = feedline.publish({ text: "never mind" });
    const [other, elsewhere] = await otherPage();
    await openHome(elsewhere, other);
    await lastPublish(other).fail();
    feedline.publisher.discard(clientId);
    for (const key of other.storage.keys()) if (!platform.storage.has(key)) other.storage.delete(key);
    other.clock.advance(60_000);
    await settled();
    expect(publishes(other)).toHaveLength(1);
    expect(elsewhere.store.outgoing()).toEqual([]);
  });
});

describe("an echo without an answer", () => {
  test("ends the sending", async () => {
    await openHome();
    const clientId = feedline.publish({ text: "hello" });
    platform.socket.say(created(mine(1, clientId), "c1"));
    await lastPublish().fail();
    await advance(60_000);
    expect(publishes()).toHaveLength(1);
    expect(feedline.publisher.draft(clientId)).toBeNull();
    expect(platform.storage.size).toBe(0);
  });
});

describe("three seconds after the server has a post", () => {
  const loads = () => platform.requests.filter(({ url }) => url.startsWith("/api/feed")).length;

  async function published(): Promise<void> {
    await openHome();
    feedline.publish({ text: "hello" });
    await answer(lastPublish(), 1);
  }

  test("a list that does not show the post loads again", async () => {
    platform.unshown.add(postId(1));
    await published();
    platform.paint();
    await advance(2_999);
    expect(loads()).toBe(1);
    await advance(1);
    expect(loads()).toBe(2);
  });

  test("so it does where the event came before the answer", async () => {
    platform.unshown.add(postId(1));
    await openHome();
    const clientId = feedline.publish({ text: "hello" });
    platform.socket.say(created(mine(1, clientId), "c1"));
    await advance(0);
    await answer(lastPublish(), 1);
    platform.paint();
    await advance(2_999);
    expect(loads()).toBe(1);
    await advance(1);
    expect(loads()).toBe(2);
  });

  test("nothing happens to a list that shows it, and no timer is left", async () => {
    await published();
    const before = platform.clock.pending;
    platform.paint();
    expect(platform.clock.pending).toBe(before - 1);
    await advance(3_000);
    expect(loads()).toBe(1);
  });

  test("nothing happens after its deletion, or when its author has signed out", async () => {
    for (const end of ["deletion", "sign-out"]) {
      platform = new FakePlatform();
      feedline = await signIn(platform);
      platform.unshown.add(postId(1));
      await published();
      if (end === "deletion") platform.socket.say(deleted(mine(1, "any"), "c2"));
      else feedline.session.expire();
      await advance(3_000);
      expect(loads()).toBe(1);
    }
  });

  test("nothing happens where no list would have it", async () => {
    platform.unshown.add(postId(1));
    feedline.publish({ text: "hello" });
    await answer(lastPublish(), 1);
    await advance(3_000);
    expect(loads()).toBe(0);
  });
});
