import { beforeEach, expect, test } from "vitest";
import type { Feedline } from "../src";
import { VisiblePosts } from "../src/visible-posts";
import { makePost, postId, settled, type FakePlatform } from "./fakes";
import { answer, signedIn } from "./social-fakes";

let platform: FakePlatform;
let client: Feedline;
let visible: VisiblePosts;

beforeEach(async () => {
  ({ platform, client } = await signedIn());
  client.home().open();
  const locked = { ...makePost(2), access: { tier: "vip", isLocked: true } } as const;
  const posts = [...Array.from({ length: 40 }, (_, index) => makePost(40 - index)).filter(({ id }) => id !== postId(2)), locked];
  await answer(platform, "GET", /api\/feed/, { posts, next: null, cursor: "c0" });
  platform.socket.goLive("c0");
  visible = new VisiblePosts(client);
});

const asked = (type: "subscribe" | "unsubscribe") =>
  platform.socket.sent.flatMap((message) => (message.type === type ? [message.channel.replace("post:", "")] : []));

async function settle(ms = 400): Promise<void> {
  platform.clock.advance(ms);
  await settled();
}

test("a post that stays in sight is listened to from where it was drawn, and left when it goes", async () => {
  visible.drawn(postId(1));
  visible.entered(postId(1));
  expect(asked("subscribe")).toEqual([]);
  await settle();
  expect(platform.socket.last).toMatchObject({ type: "subscribe", channel: `post:${postId(1)}`, cursor: "c0" });
  visible.left(postId(1));
  await settle();
  expect(asked("unsubscribe")).toEqual([postId(1)]);
});

test("what only passes by is not asked for", async () => {
  visible.drawn(postId(1));
  visible.entered(postId(1));
  visible.left(postId(1));
  await settle();
  expect(asked("subscribe")).toEqual([]);
});

test("a locked post has nothing to listen to", async () => {
  for (const number of [1, 2]) {
    visible.drawn(postId(number));
    visible.entered(postId(number));
  }
  await settle();
  expect(asked("subscribe")).toEqual([postId(1)]);
});

test("so many and no more are held", async () => {
  for (let number = 3; number <= 40; number++) {
    visible.drawn(postId(number));
    visible.entered(postId(number));
  }
  await settle();
  expect(asked("subscribe")).toHaveLength(24);
  expect(asked("subscribe")).toContain(postId(40));
  visible.close();
  expect(asked("unsubscribe")).toHaveLength(24);
});

test("one that was away for long is read anew", async () => {
  visible.drawn(postId(1));
  await settle(70_000);
  visible.entered(postId(1));
  await settle(2_000);
  const post = { ...makePost(1), engagement: { likesCount: 5, commentsCount: 1, isLiked: false } };
  await answer(platform, "GET", /posts\/0194-000001$/, { post, cursor: "c7" });
  expect(client.store.entry(postId(1))?.post.engagement.likesCount).toBe(5);
});
