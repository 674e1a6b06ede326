import { beforeEach, describe, expect, test } from "vitest";
import type { Feedline } from "../src";
import { Comments } from "../src/comments";
import { SinglePost } from "../src/single-post";
import { makePost, postId, settled, type FakePlatform, type Request } from "./fakes";
import { answer, blockedBy, commentAdded, commentDeleted, makeComment, signedIn } from "./social-fakes";

let platform: FakePlatform;
let client: Feedline;
let comments: Comments;

beforeEach(async () => {
  ({ platform, client } = await signedIn());
  comments = new Comments(client, postId(1));
});

const entries = () => comments.snapshot().entries;
const texts = () => entries().map(({ comment }) => comment.text);
const deliveries = () => entries().map(({ delivery }) => delivery);
const posted = (): Request => platform.request("POST", /comments$/);
const posts = () => platform.requests.filter(({ method, url }) => method === "POST" && url.endsWith("comments"));

async function open(loaded = [makeComment(1)]): Promise<() => void> {
  const close = comments.open();
  await answer(platform, "GET", /comments\?/, { comments: loaded, next: null, cursor: "c0" });
  platform.socket.goLive("c0");
  await settled();
  return close;
}

test("they are loaded, and live until they are left", async () => {
  const close = await open();
  expect(comments.snapshot().phase).toBe("ready");
  expect(platform.socket.sent[0]).toMatchObject({ type: "connect", channels: [`post:${postId(1)}`] });
  platform.socket.say(commentAdded(makeComment(2), 2, "c1"), commentDeleted(makeComment(1), 1, "c2"));
  expect(texts()).toEqual(["comment 2"]);
  close();
  expect(platform.socket.last).toMatchObject({ type: "unsubscribe", channel: `post:${postId(1)}` });
});

test("those of somebody who is not there any more are gone, also from a page that is on its way", async () => {
  await open([makeComment(2, "ben"), makeComment(1)]);
  void comments.reload();
  await settled();
  platform.socket.say(blockedBy("ben", "c1"));
  expect(texts()).toEqual(["comment 1"]);
  await answer(platform, "GET", /comments\?/, { comments: [makeComment(2, "ben"), makeComment(1)], next: null, cursor: "c0" });
  expect(texts()).toEqual(["comment 1"]);
});

test("those of other posts are none of its business", async () => {
  await open();
  platform.socket.say(commentAdded({ ...makeComment(2), postId: postId(2) }, 1, "c1"));
  expect(texts()).toEqual(["comment 1"]);
});

test("the channel is shared with the post itself, and left with the last of them", async () => {
  const single = new SinglePost(client, postId(1));
  const closePost = single.open();
  await answer(platform, "GET", /posts\/0194-000001$/, { post: makePost(1), cursor: "c0" });
  const closeComments = await open();
  closePost();
  expect(platform.socket.sent.map(({ type }) => type)).not.toContain("unsubscribe");
  closeComments();
  expect(platform.socket.last).toMatchObject({ type: "unsubscribe" });
});

test("a list that was read before somebody else joined its channel is read again", async () => {
  comments.open();
  await settled();
  const early = platform.request("GET", /comments\?/);
  new SinglePost(client, postId(1)).open();
  await answer(platform, "GET", /posts\/0194-000001$/, { post: makePost(1), cursor: "c5" });
  await early.answer(200, { comments: [], next: null, cursor: "c3" });
  await answer(platform, "GET", /comments\?/, { comments: [makeComment(1)], next: null, cursor: "c6" });
  expect(texts()).toEqual(["comment 1"]);
});

test("a list that does not load says why, and does so when it is asked again", async () => {
  comments.open();
  await answer(platform, "GET", /comments\?/, { code: "forbidden", detail: "Not for you." }, 403);
  expect(comments.snapshot()).toMatchObject({ phase: "failed", error: { status: 403 } });
  void comments.reload();
  await answer(platform, "GET", /comments\?/, { comments: [], next: null, cursor: "c0" });
  expect(comments.snapshot()).toMatchObject({ phase: "ready", error: null });
});

describe("a new comment", () => {
  const mine = makeComment(9, "me", "mine");

  test.each(["the answer", "the echo"])("is there at once and stays one, if %s comes first", async (first) => {
    await open([]);
    comments.add("mine");
    expect(deliveries()).toEqual(["sending"]);
    const { key } = entries()[0] as { key: string };
    expect(posted().headers["Idempotency-Key"]).toBe(key);
    const acts = [
      () => posted().answer(201, { comment: mine, commentsCount: 1, cursor: "c1" }),
      async () => platform.socket.say(commentAdded(mine, 1, "c1")),
    ];
    for (const act of first === "the answer" ? acts : acts.toReversed()) {
      await act();
      expect(entries()).toMatchObject([{ key, comment: mine, delivery: "sent" }]);
    }
    expect(platform.storage.size).toBe(0);
  });

  test("waits for the server, and is sent again under its key", async () => {
    await open([]);
    comments.add("mine");
    const first = posted();
    await first.fail();
    await settled();
    expect(deliveries()).toEqual(["queued"]);
    platform.wake();
    await settled();
    expect(posted()).not.toBe(first);
    expect(posted().headers["Idempotency-Key"]).toBe(first.headers["Idempotency-Key"]);
    await posted().answer(201, { comment: mine, commentsCount: 1, cursor: "c1" });
    expect(deliveries()).toEqual(["sent"]);
  });

  test("is sent by itself after a while", async () => {
    await open([]);
    comments.add("mine");
    await posted().fail();
    await settled();
    platform.clock.advance(5_000);
    await settled();
    expect(posts()).toHaveLength(2);
  });

  test("survives the end of the page", async () => {
    await open([]);
    comments.add("mine");
    await posted().fail();
    const next = await signedIn();
    for (const [key, value] of platform.storage) next.platform.storage.set(key, value);
    const later = new Comments(next.client, postId(1));
    later.open();
    await settled();
    expect(later.snapshot().entries).toMatchObject([{ comment: { text: "mine" }, delivery: "sending" }]);
    expect(next.platform.request("POST", /comments$/).headers["Idempotency-Key"]).toBe(posted().headers["Idempotency-Key"]);
  });

  test("that is refused stays, and gives its text back", async () => {
    await open([]);
    comments.add("refused");
    comments.add("fine");
    await posted().answer(422, { code: "validation_failed", errors: [{ path: "text", message: "Be kind." }] });
    await settled();
    await posted().answer(201, { comment: makeComment(3, "me", "fine"), commentsCount: 1, cursor: "c1" });
    await settled();
    expect(deliveries()).toEqual(["failed", "sent"]);
    const { key } = entries()[0] as { key: string };
    expect(comments.discard(key)).toBe("refused");
    expect(texts()).toEqual(["fine"]);
    expect(platform.storage.size).toBe(0);
  });

  test("that was refused can be sent again", async () => {
    await open([]);
    comments.add("mine");
    await posted().answer(403, { code: "forbidden" });
    await settled();
    comments.retry((entries()[0] as { key: string }).key);
    await settled();
    await posted().answer(201, { comment: mine, commentsCount: 1, cursor: "c1" });
    expect(deliveries()).toEqual(["sent"]);
  });
});

describe("deleting", () => {
  test("takes it away at once", async () => {
    await open();
    void comments.delete(makeComment(1).id);
    expect(entries()).toEqual([]);
    await answer(platform, "DELETE", /comments\/comment-000001/, undefined, 204);
    expect(entries()).toEqual([]);
  });

  test("that the server refuses brings it back", async () => {
    await open();
    const deleted = comments.delete(makeComment(1).id).catch((error: unknown) => error);
    await answer(platform, "DELETE", /comments\/comment-000001/, { code: "forbidden" }, 403);
    await answer(platform, "GET", /comments\?/, { comments: [makeComment(1)], next: null, cursor: "c1" });
    expect(await deleted).toMatchObject({ status: 403 });
    expect(texts()).toEqual(["comment 1"]);
  });
});

test("without events the counts follow what was done here", async () => {
  await open([]);
  client.store.put([makePost(1)]);
  platform.socket.drop();
  comments.add("mine");
  await settled();
  await posted().answer(201, { comment: makeComment(9, "me", "mine"), commentsCount: 1, cursor: "c1" });
  expect(client.store.entry(postId(1))?.post.engagement.commentsCount).toBe(1);
});
