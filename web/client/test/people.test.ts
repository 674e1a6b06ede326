import { beforeEach, describe, expect, test } from "vitest";
import type { Feedline } from "../src";
import { Blocks } from "../src/blocks";
import { People } from "../src/people";
import { Subscribers } from "../src/subscribers";
import { Suggestions } from "../src/suggestions";
import { created, makePost, postId, settled, type FakePlatform } from "./fakes";
import { answer, blockedBy, makePerson, makeProfile, signedIn, told } from "./social-fakes";

let platform: FakePlatform;
let client: Feedline;
let people: People;

beforeEach(async () => {
  ({ platform, client } = await signedIn());
  people = new People(client);
  platform.socket.goLive("c0");
});

const ann = makeProfile("ann", { followersCount: 3 });

async function look(): Promise<ReturnType<People["person"]>> {
  const person = people.person("Ann");
  person.open();
  await answer(platform, "GET", /users\/Ann$/, { user: ann });
  return person;
}

describe("a person", () => {
  test("is found by name in any case, and is there at once the next time", async () => {
    const person = await look();
    expect(person.snapshot()).toEqual({ phase: "ready", person: ann, error: null });
    expect(people.person("ann").snapshot()).toMatchObject({ phase: "ready" });
  });

  test("that is nobody is missing; one that does not load has failed", async () => {
    const nobody = people.person("nobody");
    nobody.open();
    expect(nobody.snapshot().phase).toBe("loading");
    await answer(platform, "GET", /users\/nobody$/, { code: "not_found" }, 404);
    expect(nobody.snapshot().phase).toBe("missing");
    nobody.reload().catch(() => {});
    await answer(platform, "GET", /users\/nobody$/, { code: "unavailable" }, 503);
    expect(nobody.snapshot().phase).toBe("failed");
  });

  test("is followed at once, and counted as the server counts", async () => {
    const person = await look();
    void people.follow("ann", true);
    expect(person.snapshot().person).toMatchObject({ isFollowed: true, notifyPosts: true, followersCount: 4 });
    const answered = { userId: "ann", isFollowed: true, notifyPosts: true, followersCount: 9, cursor: "c1" };
    await answer(platform, "PUT", /users\/ann\/follow/, answered);
    expect(person.snapshot().person).toMatchObject({ isFollowed: true, notifyPosts: true, followersCount: 9 });
  });

  test("is not followed if the server refuses", async () => {
    const person = await look();
    const done = people.follow("ann", true).catch((error: unknown) => error);
    await answer(platform, "PUT", /follow/, { code: "rate_limited" }, 429);
    expect(await done).toMatchObject({ status: 429 });
    expect(person.snapshot().person).toMatchObject({ isFollowed: false, followersCount: 3 });
  });

  test("tells of their posts, or not", async () => {
    await look();
    void people.follow("ann", true, false);
    const answered = { userId: "ann", isFollowed: true, notifyPosts: false, followersCount: 4, cursor: "c1" };
    const request = await answer(platform, "PUT", /follow/, answered);
    expect(JSON.parse(request.body ?? "")).toEqual({ notifyPosts: false });
    expect(people.get("ann")).toMatchObject({ notifyPosts: false });
  });

  test("is blocked when the server says so, their posts go, and both come back", async () => {
    const person = await look();
    client.store.put([makePost(1, { author: "ann" })]);
    void people.block("ann", true);
    await answer(platform, "PUT", /users\/ann\/block$/, { userId: "ann", isBlocked: true, cursor: "c1" });
    expect(person.snapshot().person).toMatchObject({ isBlocked: true, isFollowed: false });
    expect(client.store.entry(postId(1))).toBeNull();
    void people.block("ann", false);
    await answer(platform, "DELETE", /users\/ann\/block$/, { userId: "ann", isBlocked: false, cursor: "c2" });
    expect(person.snapshot().person).toMatchObject({ isBlocked: false });
  });

  test("who has blocked the viewer is missing, and is looked for again when that ends", async () => {
    const person = await look();
    platform.socket.say(blockedBy("ann", "c1"));
    await answer(platform, "GET", /users\/ann$/, { code: "not_found" }, 404);
    await answer(platform, "GET", /users\/Ann$/, { code: "not_found" }, 404);
    expect(person.snapshot()).toMatchObject({ phase: "missing", person: null });
    platform.socket.say({ type: "feed_update", reason: "unblock", creatorId: "ann", ...told("c2", "feed:me") });
    await answer(platform, "GET", /users\/Ann$/, { user: ann });
    expect(person.snapshot()).toMatchObject({ phase: "ready", person: ann });
  });

  test("is loaded again when another device follows them, or they post", async () => {
    const person = await look();
    platform.socket.say({ type: "feed_update", reason: "follow", creatorId: "ann", ...told("c1", "feed:me") });
    await answer(platform, "GET", /users\/ann$/, { user: { ...ann, isFollowed: true } });
    expect(person.snapshot().person?.isFollowed).toBe(true);
    platform.socket.say(created(makePost(1), "c2"));
    await answer(platform, "GET", /users\/Ann$/, { user: { ...ann, postsCount: 1 } });
    expect(person.snapshot().person?.postsCount).toBe(1);
  });

  test("has their new name at once", async () => {
    const person = await look();
    platform.socket.say({ type: "creator_updated", creator: { ...makePerson("ann"), name: "Anna" }, ...told("c1", "creator:ann") });
    expect(person.snapshot().person).toMatchObject({ name: "Anna", followersCount: 3 });
  });
});

test("the next viewer does not see whom the last one follows", async () => {
  const person = await look();
  void client.session.logout();
  await answer(platform, "POST", /logout/, undefined, 204);
  expect(person.snapshot().person).toBeNull();
});

test("without a live connection, following has the feeds loaded again", async () => {
  await look();
  const close = client.home().open();
  await answer(platform, "GET", /api\/feed/, { posts: [], next: null, cursor: "c0" });
  platform.socket.drop();
  void people.follow("ann", true);
  await answer(platform, "PUT", /follow/, { userId: "ann", isFollowed: true, followersCount: 4, cursor: "c1" });
  await answer(platform, "GET", /api\/feed/, { posts: [makePost(1)], next: null, cursor: "c1" });
  expect(client.home().snapshot().entries).toHaveLength(1);
  close();
});

test("suggestions keep who is followed in the meantime", async () => {
  const suggestions = new Suggestions(client, people);
  void suggestions.load();
  expect(suggestions.snapshot().phase).toBe("loading");
  await answer(platform, "GET", /users\?limit=/, { users: [makeProfile("ann"), makeProfile("bob")] });
  void people.follow("bob", true);
  expect(suggestions.snapshot().people.map(({ id, isFollowed }) => [id, isFollowed])).toEqual([
    ["ann", false],
    ["bob", true],
  ]);
});

describe("subscribers", () => {
  let subscribers: Subscribers;
  const shown = () => subscribers.snapshot().people.map(({ user, tier }) => `${user.id} ${tier}`);

  beforeEach(async () => {
    subscribers = new Subscribers(client, "me");
    subscribers.open();
    const listed = [{ user: makePerson("ann"), tier: "basic" }];
    await answer(platform, "GET", /users\/me\/subscribers\?/, { subscribers: listed, next: "p2" });
  });

  test("are listed page by page", async () => {
    void subscribers.loadMore();
    const listed = [{ user: makePerson("ann"), tier: "basic" }, { user: makePerson("bob"), tier: "vip" }];
    await answer(platform, "GET", /page=p2/, { subscribers: listed, next: null });
    expect(shown()).toEqual(["ann basic", "bob vip"]);
    expect(subscribers.snapshot().hasMore).toBe(false);
  });

  test("are given a tier by name, and lose it", async () => {
    void subscribers.grant("Li", "premium");
    await answer(platform, "GET", /users\/Li$/, { user: makeProfile("li") });
    const request = await answer(platform, "PUT", /subscribers\/li$/, {});
    expect(JSON.parse(request.body ?? "")).toEqual({ tier: "premium" });
    expect(shown()).toEqual(["li premium", "ann basic"]);
    void subscribers.grant("ann", "vip");
    await answer(platform, "GET", /users\/ann$/, { user: makeProfile("ann") });
    await answer(platform, "PUT", /subscribers\/ann$/, {});
    expect(shown()).toEqual(["li premium", "ann vip"]);
    void subscribers.end("li");
    await answer(platform, "DELETE", /subscribers\/li$/, undefined, 204);
    expect(shown()).toEqual(["ann vip"]);
  });

  test("of a name that nobody has are none", async () => {
    const done = subscribers.grant("nobody", "vip").catch((error: unknown) => error);
    await answer(platform, "GET", /users\/nobody$/, { code: "not_found" }, 404);
    expect(await done).toMatchObject({ status: 404 });
    expect(shown()).toEqual(["ann basic"]);
  });

  test("that come from elsewhere are there too", async () => {
    platform.socket.say({ type: "new_subscription", creatorId: "me", subscriberId: "bob", tier: "vip", ...told("c1", "notifications:me") });
    await settled();
    await answer(platform, "GET", /users\/me\/subscribers\?/, { subscribers: [{ user: makePerson("bob"), tier: "vip" }], next: null });
    expect(shown()).toEqual(["bob vip"]);
  });
});

describe("whom the viewer has blocked", () => {
  const block = (id: string) => ({ user: makePerson(id), createdAt: "2026-01-22T10:00:00.000Z" });
  const names = (list: Blocks) => list.snapshot().people.map(({ user }) => user.id);

  test("comes in pages, is loaded again when somebody is blocked elsewhere, and can be ended", async () => {
    const list = new Blocks(client, people);
    list.open();
    await answer(platform, "GET", /me\/blocks\?limit=50$/, { blocks: [block("ann")], next: "p" });
    void list.loadMore();
    await answer(platform, "GET", /page=p$/, { blocks: [block("ann"), block("ben")], next: null });
    expect(names(list)).toEqual(["ann", "ben"]);
    platform.socket.say(blockedBy("cat", "c1"));
    await answer(platform, "GET", /me\/blocks\?limit=50$/, { blocks: [block("cat"), block("ann")], next: null });
    void list.unblock("cat");
    await answer(platform, "DELETE", /users\/cat\/block$/, { userId: "cat", isBlocked: false, cursor: "c2" });
    expect(names(list)).toEqual(["ann"]);
  });

  test("says so when it does not load", async () => {
    const list = new Blocks(client, people);
    list.open();
    await answer(platform, "GET", /me\/blocks/, { code: "unavailable" }, 503);
    expect(list.snapshot()).toMatchObject({ phase: "failed", error: { status: 503 } });
  });
});
