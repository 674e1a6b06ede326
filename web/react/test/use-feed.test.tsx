import { Feedline, type PostEntry } from "@feedline/client";
import { act, cleanup, render, screen } from "@testing-library/react";
import { memo, StrictMode, type ReactNode } from "react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { created, FakePlatform, makePost, settled, updated } from "../../client/test/fakes";
import { FeedlineProvider, useConnection, useFeed, usePost, useSession } from "../src";

let platform: FakePlatform;
let client: Feedline;
let renders: string[];

beforeEach(async () => {
  platform = new FakePlatform();
  client = new Feedline(platform);
  renders = [];
  void client.start();
  const user = { id: "me", username: "me", name: "Me", avatar: null, isVerified: false };
  await platform.request("GET", /\/api\/me/).answer(200, { user });
});

afterEach(cleanup);

const Row = memo(function Row({ entry }: { entry: PostEntry }): ReactNode {
  renders.push(entry.key);
  return <li>{entry.post.content.text}</li>;
});

function Rows(): ReactNode {
  const { entries, phase } = useFeed("home");
  return phase === "loading" ? <p>loading</p> : <ul>{entries.map((entry) => <Row key={entry.key} entry={entry} />)}</ul>;
}

async function show(): Promise<void> {
  render(
    <FeedlineProvider client={client}>
      <Rows />
    </FeedlineProvider>,
  );
  const posts = [makePost(3), makePost(2), makePost(1)];
  await act(async () => {
    await settled();
    await platform.request("GET", /\/api\/feed/).answer(200, { posts, next: null, cursor: "c0" });
    platform.socket.goLive("c0");
  });
  renders = [];
}

const texts = () => screen.getAllByRole("listitem").map((row) => row.textContent);

test("only the row that came is drawn", async () => {
  await show();
  const post = makePost(4);
  act(() => platform.socket.say(created(post, "c1")));
  expect(texts()).toEqual(["post 4", "post 3", "post 2", "post 1"]);
  expect(renders).toEqual([post.id]);
});

test("only the row that changed is drawn", async () => {
  await show();
  const post = makePost(2, { version: 1, text: "edited" });
  act(() => platform.socket.say(updated(post, "c1")));
  expect(texts()).toEqual(["post 3", "edited", "post 1"]);
  expect(renders).toEqual([post.id]);
});

test("a reload of the same posts draws none", async () => {
  await show();
  await act(async () => {
    void client.refresh();
    await settled();
    const posts = [makePost(3), makePost(2), makePost(1)];
    await platform.request("GET", /\/api\/feed/).answer(200, { posts, next: null, cursor: "c1" });
  });
  expect(renders).toEqual([]);
});

test("an own post is one row from the first moment to the echo", async () => {
  await show();
  let clientId = "";
  act(() => {
    clientId = client.publish({ text: "mine" });
  });
  const row = screen.getByText("mine");
  act(() => platform.socket.say(created(makePost(4, { author: "me", clientId, text: "mine" }), "c1")));
  expect(screen.getByText("mine")).toBe(row);
  expect(renders).toEqual([clientId, clientId]);
});

test("in strict mode a feed is loaded once, and left when it goes", async () => {
  const { unmount } = render(
    <StrictMode>
      <FeedlineProvider client={client}>
        <Rows />
      </FeedlineProvider>
    </StrictMode>,
  );
  await act(settled);
  expect(platform.requests.filter(({ url }) => url.startsWith("/api/feed"))).toHaveLength(1);
  await act(async () => {
    await platform.request("GET", /\/api\/feed/).answer(200, { posts: [], next: null, cursor: "c0" });
    platform.socket.goLive("c0");
  });
  unmount();
  expect(platform.socket.last).toMatchObject({ type: "unsubscribe", channel: "feed:me" });
});

test("session, connection and a single post", async () => {
  function Facts(): ReactNode {
    const { phase, entry } = usePost("0194-000007");
    return <p>{[useSession().status, useConnection().status, phase, entry?.post.content.text].join(" ")}</p>;
  }
  render(
    <FeedlineProvider client={client}>
      <Facts />
    </FeedlineProvider>,
  );
  const fact = () => screen.getByText(/signed-in/).textContent;
  expect(fact()).toBe("signed-in connecting loading ");
  await act(async () => {
    await settled();
    await platform.request("GET", /posts\/0194/).answer(200, { post: makePost(7), cursor: "c0" });
    platform.socket.goLive("c0");
  });
  expect(fact()).toBe("signed-in live ready post 7");
});
