import { beforeEach, expect, test } from "vitest";
import type { Feedline } from "../src";
import { Likes } from "../src/likes";
import { makePost, postId, type FakePlatform } from "./fakes";
import { answer, signedIn } from "./social-fakes";

let platform: FakePlatform;
let client: Feedline;
let likes: Likes;

beforeEach(async () => {
  ({ platform, client } = await signedIn());
  client.store.put([makePost(1)]);
  likes = new Likes(client);
});

const engagement = () => client.store.entry(postId(1))?.post.engagement;
const sent = () => platform.requests.filter(({ url }) => url.endsWith("/like")).map(({ method }) => method);
const liked = (likesCount: number, isLiked: boolean) => ({ postId: postId(1), likesCount, isLiked });

test("a like is there at once, and stays as the server counts it", async () => {
  void likes.toggle(postId(1));
  expect(engagement()).toMatchObject({ likesCount: 1, isLiked: true });
  await answer(platform, "PUT", /like$/, liked(7, true));
  expect(engagement()).toMatchObject({ likesCount: 7, isLiked: true });
  void likes.toggle(postId(1));
  await answer(platform, "DELETE", /like$/, liked(6, false));
  expect(engagement()).toMatchObject({ likesCount: 6, isLiked: false });
});

test("a like that the server does not take is taken back", async () => {
  const liking = likes.set(postId(1), true);
  await Promise.all([platform.request("PUT", /like$/).fail(), expect(liking).rejects.toThrow()]);
  expect(engagement()).toMatchObject({ likesCount: 0, isLiked: false });
});

test("who changes their mind at once has the last word, in as few requests as it takes", async () => {
  void likes.toggle(postId(1));
  void likes.toggle(postId(1));
  expect(engagement()).toMatchObject({ likesCount: 0, isLiked: false });
  await answer(platform, "PUT", /like$/, liked(1, true));
  await answer(platform, "DELETE", /like$/, liked(0, false));
  expect(engagement()).toMatchObject({ likesCount: 0, isLiked: false });
  for (let click = 0; click < 3; click++) void likes.toggle(postId(1));
  await answer(platform, "PUT", /like$/, liked(1, true));
  expect(engagement()).toMatchObject({ likesCount: 1, isLiked: true });
  expect(sent()).toEqual(["PUT", "DELETE", "PUT"]);
});
