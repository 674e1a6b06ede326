import { Feedline, type Post } from "@feedline/client";
import { act, cleanup, render, screen } from "@testing-library/react";
import { memo, StrictMode, useEffect, useState, type ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { created, deleted, FakePlatform, makePost, postId, settled, updated } from "../../client/test/fakes";
import { FeedlineProvider, useRealtimePosts, type RealtimePostsOptions, type UseRealtimePosts } from "../src";

let platform: FakePlatform;
let client: Feedline;
let realtime: UseRealtimePosts;
let updates: (readonly Post[])[];

const noteUpdate = (posts: readonly Post[]) => void updates.push(posts);

beforeEach(async () => {
  platform = new FakePlatform();
  client = new Feedline(platform);
  updates = [];
  void client.start();
  const user = { id: "me", username: "me", name: "Me", avatar: null, isVerified: false };
  await platform.request("GET", /\/api\/me/).answer(200, { user });
});

afterEach(cleanup);

function Page(options: RealtimePostsOptions): ReactNode {
  useNoted(useRealtimePosts({ onPostsUpdate: noteUpdate, ...options }));
  return null;
}

function useNoted(current: UseRealtimePosts): void {
  useEffect(() => {
    realtime = current;
  });
}

const page = (options: RealtimePostsOptions) => (
  <StrictMode>
    <FeedlineProvider client={client}>
      <Page {...options} />
    </FeedlineProvider>
  </StrictMode>
);

const given = [makePost(2), makePost(1)];

/** A page with these options, live; `fresh` is what the server's feed has by then. */
async function show(options: Partial<RealtimePostsOptions> = {}, fresh: Post[] = given) {
  const view = render(page({ posts: given, ...options }));
  await act(async () => {
    await settled();
    await platform.request("GET", /\/api\/feed/).answer(200, { posts: fresh, next: null, cursor: "c0" });
    platform.socket.goLive("c0");
    platform.clock.advance(1_000);
  });
  return view;
}

const say = (...messages: Parameters<typeof platform.socket.say>) =>
  act(() => {
    platform.socket.say(...messages);
    platform.clock.advance(1_000);
  });
const texts = () => realtime.posts.map(({ content }) => content.text);

describe("posts of others", () => {
  test("wait behind a number until they are asked for", async () => {
    await show();
    say(created(makePost(3), "c1"), created(makePost(4), "c2"));
    expect(texts()).toEqual(["post 2", "post 1"]);
    expect(realtime).toMatchObject({ newPostsCount: 2, hasNewPosts: true });
    expect(realtime.pendingPosts.map(({ id }) => id)).toEqual([postId(4), postId(3)]);
    await act(() => realtime.loadPendingPosts());
    expect(texts()).toEqual(["post 4", "post 3", "post 2", "post 1"]);
    expect(realtime).toMatchObject({ newPostsCount: 0, hasNewPosts: false, pendingPosts: [] });
  });

  test("go straight in without the notification", async () => {
    await show({ showNewPostsNotification: false });
    say(created(makePost(3), "c1"));
    expect(texts()).toEqual(["post 3", "post 2", "post 1"]);
    expect(realtime.newPostsCount).toBe(0);
  });

  test("beyond the bound are counted, and loaded when they are asked for", async () => {
    await show({ maxPendingPosts: 2 });
    const news = [3, 4, 5, 6].map((number) => makePost(number));
    say(...news.map((post) => created(post, "c1")));
    expect(realtime).toMatchObject({ newPostsCount: 4, pendingPosts: { length: 2 } });
    await act(async () => {
      void realtime.loadPendingPosts();
      await settled();
      const posts = [...news.toReversed(), ...given];
      await platform.request("GET", /\/api\/feed/).answer(200, { posts, next: null, cursor: "c1" });
    });
    expect(texts()).toEqual(["post 6", "post 5", "post 4", "post 3", "post 2", "post 1"]);
  });

  test("that came between the list and the hook are new", async () => {
    await show({}, [makePost(3), ...given, makePost(0)]);
    expect(texts()).toEqual(["post 2", "post 1"]);
    expect(realtime.newPostsCount).toBe(1);
  });
});

describe("own posts", () => {
  test("go in at once, and are one post to the end", async () => {
    await show();
    let clientId = "";
    act(() => {
      clientId = client.publish({ text: "mine" });
    });
    expect(texts()).toEqual(["mine", "post 2", "post 1"]);
    say(created(makePost(3, { author: "me", clientId, text: "mine" }), "c1"));
    expect(texts()).toEqual(["mine", "post 2", "post 1"]);
    expect(realtime.posts[0]).toMatchObject({ id: postId(3), clientId });
  });

  test("wait like others where the page does not want them by themselves", async () => {
    await show({ autoUpdateFeed: false });
    let clientId = "";
    act(() => {
      clientId = client.publish({ text: "mine" });
    });
    expect(realtime.posts).toHaveLength(2);
    say(created(makePost(3, { author: "me", clientId, text: "mine" }), "c1"));
    expect(realtime).toMatchObject({ posts: { length: 2 }, newPostsCount: 1 });
  });
});

describe("the page's own list", () => {
  test("keeps its order, changes with its posts and loses deleted ones", async () => {
    await show({ posts: [makePost(1), makePost(2), makePost(0)] });
    say(updated(makePost(2, { version: 1, text: "edited" }), "c1"), deleted(makePost(1), "c2"));
    expect(texts()).toEqual(["edited", "post 0"]);
  });

  test("may be given anew, with what came live or without", async () => {
    const { rerender } = await show({ showNewPostsNotification: false });
    say(created(makePost(3), "c1"));
    rerender(page({ posts: [makePost(3), ...given, makePost(0)], showNewPostsNotification: false }));
    expect(texts()).toEqual(["post 3", "post 2", "post 1", "post 0"]);
    rerender(page({ posts: [...given, makePost(0)], showNewPostsNotification: false }));
    expect(texts().slice(-3)).toEqual(["post 2", "post 1", "post 0"]);
  });

  test("may come late", async () => {
    const { rerender } = render(page({ posts: undefined }));
    await act(settled);
    expect(platform.requests.filter(({ url }) => url.startsWith("/api/feed"))).toEqual([]);
    rerender(page({ posts: given }));
    await act(settled);
    expect(texts()).toEqual(["post 2", "post 1"]);
    expect(platform.requests.filter(({ url }) => url.startsWith("/api/feed"))).toHaveLength(1);
  });

  test("is told of what is live, and not of itself", async () => {
    const { rerender } = await show({ showNewPostsNotification: false });
    expect(updates).toEqual([]);
    say(created(makePost(3), "c1"));
    expect(updates.map((posts) => posts.length)).toEqual([3]);
    rerender(page({ posts: updates[0], showNewPostsNotification: false }));
    expect(updates).toHaveLength(1);
    expect(texts()).toEqual(["post 3", "post 2", "post 1"]);
  });

  test("is what it is when nobody is signed in", async () => {
    client.session.expire();
    render(page({ posts: given }));
    await act(settled);
    expect(realtime).toMatchObject({ posts: given, newPostsCount: 0 });
  });
});

test("a page may hold what it is told, as its own state", async () => {
  function Holder(): ReactNode {
    const [posts, setPosts] = useState<readonly Post[]>(given);
    useNoted(useRealtimePosts({ posts, onPostsUpdate: setPosts, showNewPostsNotification: false }));
    return null;
  }
  render(
    <FeedlineProvider client={client}>
      <Holder />
    </FeedlineProvider>,
  );
  await act(async () => {
    await settled();
    await platform.request("GET", /\/api\/feed/).answer(200, { posts: given, next: null, cursor: "c0" });
    platform.socket.goLive("c0");
    platform.clock.advance(1_000);
  });
  act(() => void client.publish({ text: "mine" }));
  say(created(makePost(3, { author: "me", clientId: "client-1", text: "mine" }), "c1"), created(makePost(4), "c2"));
  expect(texts()).toEqual(["post 4", "mine", "post 2", "post 1"]);
});

test("only rows whose post has changed are drawn", async () => {
  const renders: string[] = [];
  const Row = memo(function Row({ post }: { post: Post }): ReactNode {
    renders.push(post.id);
    return <li>{post.content.text}</li>;
  });
  function Rows(): ReactNode {
    const { posts } = useRealtimePosts({ posts: given, showNewPostsNotification: false });
    return <ul>{posts.map((post) => <Row key={post.clientId ?? post.id} post={post} />)}</ul>;
  }
  render(
    <FeedlineProvider client={client}>
      <Rows />
    </FeedlineProvider>,
  );
  await act(async () => {
    await settled();
    await platform.request("GET", /\/api\/feed/).answer(200, { posts: given, next: null, cursor: "c0" });
    platform.socket.goLive("c0");
    platform.clock.advance(1_000);
  });
  renders.length = 0;
  say(created(makePost(3), "c1"));
  expect(renders).toEqual([postId(3)]);
  expect(screen.getAllByRole("listitem")).toHaveLength(3);
});
