import { beforeEach, describe, expect, test } from "vitest";
import { Feedline } from "../src/feedline";
import type { User } from "../src/protocol";
import { SinglePost } from "../src/single-post";
import { created, deleted, FakePlatform, makePost, postId, settled, type Request } from "./fakes";
import { commentAdded, makeComment } from "./social-fakes";

const me: User = {
  id: "me",
  username: "me",
  name: "Me",
  avatar: null,
  isVerified: false,
  role: "user",
  followersCount: 0,
  followingCount: 0,
  postsCount: 0,
  createdAt: "2026-01-22T10:00:00.000Z",
};

let platform: FakePlatform;
let feedline: Feedline;

beforeEach(async () => {
  platform = new FakePlatform();
  feedline = new Feedline(platform);
  void feedline.start();
  await platform.request("GET", /\/api\/me/).answer(200, { user: me });
});

async function openHome(posts = [makePost(1)]) {
  const feed = feedline.home();
  feed.open();
  await settled();
  await platform.request("GET", /\/api\/feed/).answer(200, { posts, next: null, cursor: "c0" });
  platform.socket.goLive("c0");
  return feed;
}

const publishes = (): Request[] => platform.requests.filter(({ method, url }) => method === "POST" && url === "/api/posts");
const mine = (number: number, clientId: string) => makePost(number, { author: "me", clientId, version: 1 });

describe("the viewer", () => {
  test("signed in: loads, then subscribes at the list's position", async () => {
    const feed = feedline.home();
    feed.open();
    await settled();
    await platform.request("GET", /\/api\/feed/).answer(200, { posts: [], next: null, cursor: "c7" });
    platform.socket.open();
    expect(platform.socket.last).toEqual({ type: "connect", channels: ["feed:me"], cursor: "c7" });
  });

  test("signed out: nothing is connected, and everyone's posts can be read", async () => {
    platform = new FakePlatform();
    feedline = new Feedline(platform);
    void feedline.start();
    await platform.request("GET", /\/api\/me/).answer(401, { code: "unauthenticated", detail: "sign in" });
    expect(feedline.session.state()).toEqual({ status: "signed-out", user: null, expired: false });
    const feed = feedline.everyone();
    feed.open();
    await settled();
    await platform.request("GET", /\/api\/posts/).answer(200, { posts: [makePost(1)], next: null, cursor: "c0" });
    expect(feed.snapshot().entries).toHaveLength(1);
    expect(platform.sockets).toEqual([]);
  });

  test("in an experiment: their settings are those of their half, for as long as they are signed in", async () => {
    platform = new FakePlatform();
    feedline = new Feedline(platform, { maxPendingPosts: 3 });
    void feedline.start();
    const settings = { maxPendingPosts: 1, batchUpdateDelayMs: 900, color: "red" };
    const experiment = { name: "calm", variant: "treatment", settings };
    await platform.request("GET", /\/api\/me/).answer(200, { user: { ...me, experiment } });
    expect(feedline.session.state().user?.experiment).toEqual(experiment);
    const feed = await openHome();
    feed.setAtTop(false);
    platform.socket.say(created(makePost(2), "c1"));
    platform.socket.say(created(makePost(3), "c2"));
    platform.clock.advance(899);
    expect(feed.snapshot().pending).toHaveLength(1);
    expect(feedline.store.pace.delayMs).toBe(900);
    platform.clock.advance(1);
    expect(feed.snapshot()).toMatchObject({ waiting: 2, hasGap: true });
    feedline.session.expire();
    expect(feedline.store.pace.delayMs).toBe(100);
  });

  test("signing out closes the connection and forgets every post", async () => {
    await openHome();
    void feedline.session.logout();
    await platform.request("POST", /logout/).answer(204);
    expect(platform.socket.closedByClient).toBe(true);
    expect(feedline.connection.state().status).toBe("idle");
    expect(feedline.store.entry(postId(1))).toBeNull();
  });

  test("a session that the server ended is noticed by the socket", async () => {
    await openHome();
    platform.socket.drop(4003);
    await platform.request("GET", /\/api\/me/).answer(401, { code: "unauthenticated" });
    expect(feedline.session.state()).toMatchObject({ status: "signed-out", expired: true });
  });

  test("a refused socket with a good cookie tries again", async () => {
    await openHome();
    platform.socket.drop(4003);
    await platform.request("GET", /\/api\/me/).answer(200, { user: me });
    platform.clock.advance(1_000);
    expect(platform.sockets).toHaveLength(2);
  });

  test("who signs out in another tab does so here, once the server has confirmed it", async () => {
    await openHome();
    expect(platform.told).toEqual(["me"]);
    const asked = platform.requests.length;
    platform.hearFromTab("me");
    expect(platform.requests).toHaveLength(asked);
    platform.hearFromTab("");
    await platform.request("GET", /\/api\/me/).answer(401, { code: "unauthenticated" });
    expect(feedline.session.state().status).toBe("signed-out");
    expect(platform.told).toEqual(["me", ""]);
    expect(feedline.store.entry(postId(1))).toBeNull();
  });

  test.each(["signed out", "out of reach"])("an old answer (%s) does not undo that somebody has signed in", async (what) => {
    platform = new FakePlatform();
    feedline = new Feedline(platform);
    void feedline.start();
    const old = platform.request("GET", /\/api\/me/);
    void feedline.session.login({ username: "me", password: "correct horse" });
    await platform.request("POST", /login/).answer(200, { user: me });
    if (what === "signed out") await old.answer(401, { code: "unauthenticated" });
    else await old.fail();
    expect(feedline.session.state()).toMatchObject({ status: "signed-in", user: me });
  });

  test("an old answer does not undo that somebody has signed out", async () => {
    platform.hearFromTab("");
    const old = platform.request("GET", /\/api\/me/);
    void feedline.session.logout();
    await platform.request("POST", /logout/).answer(204);
    await old.answer(200, { user: me });
    expect(feedline.session.state()).toEqual({ status: "signed-out", user: null, expired: false });
  });

  test("a server that cannot be asked leaves it open who this is", async () => {
    platform = new FakePlatform();
    feedline = new Feedline(platform);
    void feedline.start();
    await platform.request("GET", /\/api\/me/).fail();
    expect(feedline.session.state().status).toBe("unknown");
  });
});

describe("publishing", () => {
  test("shows the post at once; answer and echo, in any order, are one post", async () => {
    for (const echoFirst of [true, false]) {
      const feed = await openHome([]);
      const clientId = feedline.publish({ text: "hello" });
      expect(feed.snapshot().entries[0]).toMatchObject({ key: clientId, delivery: "sending" });
      const request = platform.request("POST", /\/api\/posts$/);
      expect(request.headers["Idempotency-Key"]).toBe(clientId);
      const echo = () => platform.socket.say(created(mine(2, clientId), "c1"));
      if (echoFirst) echo();
      await request.answer(201, { post: mine(2, clientId), cursor: "c1" });
      if (!echoFirst) echo();
      const entries = feed.snapshot().entries.filter(({ key }) => key === clientId);
      expect(entries).toMatchObject([{ delivery: "sent", post: { id: postId(2) } }]);
      feedline.store.clear();
    }
  });

  test("is tried again under the same key", async () => {
    const feed = await openHome([]);
    const clientId = feedline.publish({ text: "hello" });
    await platform.request("POST", /\/api\/posts$/).fail();
    platform.clock.advance(1_000);
    await settled();
    await platform.request("POST", /\/api\/posts$/).answer(503, { code: "unavailable" });
    platform.clock.advance(2_000);
    await settled();
    await platform.request("POST", /\/api\/posts$/).answer(201, { post: mine(2, clientId), cursor: "c1" });
    expect(publishes().map(({ headers }) => headers["Idempotency-Key"])).toEqual([clientId, clientId, clientId]);
    expect(new Set(publishes().map(({ body }) => body)).size).toBe(1);
    expect(feed.snapshot().entries).toMatchObject([{ key: clientId, delivery: "sent" }]);
  });

  test("that cannot be sent waits, and is sent when the person asks", async () => {
    const feed = await openHome([]);
    const clientId = feedline.publish({ text: "hello" });
    await platform.request("POST", /\/api\/posts$/).fail();
    expect(feed.snapshot().entries).toMatchObject([{ key: clientId, delivery: "sending" }]);
    platform.clock.advance(1_000);
    await settled();
    await platform.request("POST", /\/api\/posts$/).fail();
    expect(feed.snapshot().entries).toMatchObject([{ key: clientId, delivery: "queued" }]);
    feedline.publisher.retry(clientId);
    expect(feed.snapshot().entries).toMatchObject([{ key: clientId, delivery: "sending" }]);
    await settled();
    await platform.request("POST", /\/api\/posts$/).answer(201, { post: mine(2, clientId), cursor: "c1" });
    expect(feed.snapshot().entries).toMatchObject([{ key: clientId, delivery: "sent" }]);
  });

  test("or when the server is back", async () => {
    platform.block("sse", "poll");
    await openHome([]);
    feedline.publish({ text: "hello" });
    await platform.request("POST", /\/api\/posts$/).fail();
    platform.socket.drop();
    feedline.connection.retry();
    platform.socket.goLive("c1");
    await settled();
    expect(publishes()).toHaveLength(2);
  });

  test("that was refused is not tried again, and keeps its draft", async () => {
    const feed = await openHome([]);
    const clientId = feedline.publish({ text: "hello" });
    const errors = [{ path: "text", message: "too long" }];
    await platform.request("POST", /\/api\/posts$/).answer(422, { code: "validation_failed", errors });
    platform.clock.advance(60_000);
    await settled();
    expect(publishes()).toHaveLength(1);
    expect(feed.snapshot().entries[0]).toMatchObject({ delivery: "failed", error: { errors } });
    expect(feedline.publisher.draft(clientId)).toEqual({ text: "hello" });
    feedline.publisher.discard(clientId);
    expect(feed.snapshot().entries).toEqual([]);
  });

  test("an answer for somebody who has signed out is dropped", async () => {
    await openHome([]);
    const clientId = feedline.publish({ text: "hello" });
    const request = platform.request("POST", /\/api\/posts$/);
    void feedline.session.logout();
    await platform.request("POST", /logout/).answer(204);
    await request.answer(201, { post: mine(2, clientId), cursor: "c1" });
    expect(feedline.store.entry(postId(2))).toBeNull();
  });
});

describe("what is live", () => {
  test("comes, changes and goes", async () => {
    const feed = await openHome();
    const post = makePost(2, { author: "bob" });
    platform.socket.say(created(post, "c1"));
    expect(feed.snapshot().entries.map((entry) => entry.post.id)).toEqual([postId(2), postId(1)]);
    platform.socket.say(deleted(post, "c2"));
    platform.clock.advance(100);
    expect(feed.snapshot().entries.map((entry) => entry.post.id)).toEqual([postId(1)]);
  });

  test("what was deleted in the time that is replayed is never shown", async () => {
    const feed = await openHome();
    const seen = new Set<string>();
    feed.subscribe(() => feed.snapshot().entries.forEach((entry) => seen.add(entry.post.id)));
    platform.socket.drop();
    platform.clock.advance(1_000);
    platform.socket.connect("c0");
    const scrubbed = makePost(2, { author: "bob", text: "" });
    platform.socket.say(created(scrubbed, "c1"), deleted(scrubbed, "c2"), { type: "caught_up", cursor: "c2" });
    expect(seen.has(postId(2))).toBe(false);
  });

  describe("whose way here leaves it open whether it is for home", () => {
    const loads = () => platform.requests.filter(({ url }) => url.startsWith("/api/feed"));
    const questions = () => platform.requests.filter(({ url }) => url.startsWith("/api/users/bob"));
    const by = (number: number) => created(makePost(number, { author: "bob" }), `c${number}`);
    const shown = () => feedline.home().snapshot().entries.map(({ post }) => post.id);

    beforeEach(async () => {
      await openHome();
      feedline.everyone().open();
      await settled();
      await platform.request("GET", /\/api\/posts/).answer(200, { posts: [], next: null, cursor: "c0" });
      platform.socket.grant("public", "c0");
    });

    test("makes home ask whether its author is followed, once", async () => {
      platform.socket.say(by(2), by(3));
      await platform.request("GET", /\/api\/users\/bob/).answer(200, { user: { ...me, id: "bob", isFollowed: true } });
      platform.socket.say(by(4));
      platform.clock.advance(100);
      expect(shown()).toEqual([postId(4), postId(3), postId(2), postId(1)]);
      expect([loads().length, questions().length]).toEqual([1, 1]);
    });

    test("is not shown there if its author is not followed", async () => {
      platform.socket.say(by(2));
      await platform.request("GET", /\/api\/users\/bob/).answer(200, { user: { ...me, id: "bob", isFollowed: false } });
      platform.socket.say(by(3));
      await settled();
      expect(shown()).toEqual([postId(1)]);
      expect(feedline.everyone().snapshot().entries.map(({ post }) => post.id)).toEqual([postId(3), postId(2)]);
      expect([loads().length, questions().length]).toEqual([1, 1]);
    });

    test("is asked about anew after a change of follows", async () => {
      platform.socket.say(by(2));
      await platform.request("GET", /\/api\/users\/bob/).answer(200, { user: { ...me, id: "bob", isFollowed: false } });
      const envelope = { channel: "feed:me", timestamp: "2026-01-22T10:00:00.000Z" };
      platform.socket.say({ type: "feed_update", reason: "follow", creatorId: "bob", cursor: "c3", ...envelope });
      await settled();
      await platform.request("GET", /\/api\/feed/).answer(200, { posts: [], next: null, cursor: "c3" });
      platform.socket.say(by(4));
      expect(questions()).toHaveLength(2);
    });

    test("is left to a load that began after the question", async () => {
      platform.socket.say(by(2));
      const question = platform.request("GET", /\/api\/users\/bob/);
      feedline.refresh().catch(() => {});
      await settled();
      await question.answer(200, { user: { ...me, id: "bob", isFollowed: true } });
      expect(shown()).toEqual([postId(1)]);
      await platform.request("GET", /\/api\/feed/).answer(200, { posts: [], next: null, cursor: "c3" });
      expect(shown()).toEqual([]);
    });

    test("and was deleted before the answer, does not come back", async () => {
      platform.socket.say(by(2), deleted(makePost(2, { author: "bob" }), "c3"));
      await platform.request("GET", /\/api\/users\/bob/).answer(200, { user: { ...me, id: "bob", isFollowed: true } });
      expect(shown()).toEqual([postId(1)]);
    });

    test("makes home load again if there is no answer", async () => {
      platform.socket.say(by(2));
      await platform.request("GET", /\/api\/users\/bob/).fail();
      expect(loads()).toHaveLength(2);
      platform.socket.say(by(3));
      expect(questions()).toHaveLength(2);
    });
  });

  test("a load that is under way is not asked for again when the connection is live", async () => {
    feedline.home().open();
    await settled();
    const loads = () => platform.requests.filter(({ url }) => url.startsWith("/api/feed"));
    platform.socket.goLive("c0");
    await settled();
    expect(loads()).toHaveLength(1);
    await platform.request("GET", /\/api\/feed/).fail();
    platform.clock.advance(375);
    await settled();
    expect(loads()).toHaveLength(2);
  });

  test("a load that failed is made up for when the connection is live", async () => {
    const feed = feedline.home();
    feed.open();
    await settled();
    await platform.request("GET", /\/api\/feed/).answer(503, { code: "unavailable" });
    expect(feed.snapshot().phase).toBe("failed");
    platform.socket.goLive("c0");
    await settled();
    await platform.request("GET", /\/api\/feed/).answer(200, { posts: [makePost(1)], next: null, cursor: "c0" });
    expect(feed.snapshot().phase).toBe("ready");
  });

  test("refresh loads what is open, and only that", async () => {
    await openHome();
    feedline.everyone().open()();
    await settled();
    platform.requests.length = 0;
    void feedline.refresh();
    await settled();
    expect(platform.requests.map(({ url }) => url.split("?")[0])).toEqual(["/api/feed"]);
  });
});

describe("likes and comments", () => {
  const engagement = () => feedline.store.entry(postId(1))?.post.engagement;
  const envelope = { channel: "post:1", timestamp: "2026-01-22T10:00:00.000Z" };

  test("of others change the counts, an own like from another device is one", async () => {
    await openHome();
    const like = { type: "post_liked", postId: postId(1), ...envelope } as const;
    platform.socket.say({ ...like, userId: "bob", likesCount: 1, cursor: "c1" });
    expect(engagement()).toEqual({ likesCount: 1, commentsCount: 0, isLiked: false });
    platform.socket.say({ ...like, userId: "me", likesCount: 2, cursor: "c2" });
    expect(engagement()).toMatchObject({ likesCount: 2, isLiked: true });
    platform.socket.say(commentAdded(makeComment(1), 4, "c3"));
    expect(engagement()).toMatchObject({ likesCount: 2, commentsCount: 4 });
  });
});

describe("what the viewer may not see any more", () => {
  const envelope = { channel: "feed:me", timestamp: "2026-01-22T10:00:00.000Z", cursor: "c1" };
  const shown = () => feedline.home().snapshot().entries.map((entry) => entry.post.id);
  const retract = (reason: "tier" | "unfollowed" | "blocked", which: { postId?: string; creatorId?: string }) =>
    platform.socket.say({ type: "post_retracted", reason, ...which, ...envelope });

  test("the posts of somebody who is not followed any more leave the home feed, and only that", async () => {
    await openHome([makePost(2, { author: "bob" }), makePost(1)]);
    retract("unfollowed", { creatorId: "bob" });
    expect(shown()).toEqual([postId(1)]);
    expect(feedline.store.entry(postId(2))).not.toBeNull();
  });

  test("a blocked one's leave every list", async () => {
    await openHome([makePost(2, { author: "bob" }), makePost(1)]);
    retract("blocked", { creatorId: "bob" });
    expect(shown()).toEqual([postId(1)]);
    expect(feedline.store.entry(postId(2))).toBeNull();
  });

  test("without the tier a post loses its text at once", async () => {
    const post = makePost(2);
    await openHome([{ ...post, access: { tier: "vip", isLocked: false } }, makePost(1)]);
    retract("tier", { creatorId: "ann" });
    const texts = feedline.home().snapshot().entries.map((entry) => entry.post.content.text);
    expect(texts).toEqual(["", "post 1"]);
  });

  test("a change of follows loads the open feeds again", async () => {
    await openHome();
    platform.requests.length = 0;
    platform.socket.say({ type: "feed_update", reason: "follow", creatorId: "bob", ...envelope });
    await settled();
    expect(platform.requests.map(({ url }) => url.split("?")[0])).toEqual(["/api/feed"]);
  });
});

test("feeds that were left long ago are forgotten, open ones are not", async () => {
  const home = await openHome();
  const first = feedline.creator("0");
  for (let number = 1; number <= 20; number++) feedline.creator(String(number));
  expect(feedline.home()).toBe(home);
  expect(feedline.creator("20")).toBe(feedline.creator("20"));
  expect(feedline.creator("0")).not.toBe(first);
});

describe("a single post", () => {
  test("loads, follows its channel and sees its deletion", async () => {
    const post = makePost(5);
    const single = new SinglePost(feedline, post.id);
    const close = single.open();
    expect(single.snapshot().phase).toBe("loading");
    await settled();
    await platform.request("GET", /\/api\/posts\/0194/).answer(200, { post, cursor: "c0" });
    expect(single.snapshot()).toMatchObject({ phase: "ready", entry: { post: { id: post.id } } });
    platform.socket.goLive("c0");
    platform.socket.say(deleted(post, "c1"));
    expect(single.snapshot().phase).toBe("missing");
    close();
    expect(platform.socket.last).toMatchObject({ type: "unsubscribe", channel: `post:${post.id}` });
  });

  test("that is not there", async () => {
    const single = new SinglePost(feedline, "none");
    single.open();
    await settled();
    await platform.request("GET", /\/api\/posts\/none/).answer(404, { code: "not_found" });
    expect(single.snapshot().phase).toBe("missing");
  });
});

describe("a session in use", () => {
  const renewals = () => platform.requests.filter(({ url }) => url === "/api/auth/refresh").length;

  test("is renewed when the page opens, and twice a day while it stays open", async () => {
    expect(renewals()).toBe(1);
    platform.clock.advance(12 * 3_600_000);
    expect(renewals()).toBe(2);
    void feedline.session.logout();
    await platform.request("POST", /logout/).answer(204);
    platform.clock.advance(24 * 3_600_000);
    expect(renewals()).toBe(2);
  });
});
