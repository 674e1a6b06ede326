import { beforeEach, describe, expect, test } from "vitest";
import { Feedline } from "../src/feedline";
import { OffsetBounds } from "../src/offset-bounds";
import type { Post } from "../src/protocol";
import { created, FakePlatform, makePost, postId, settled, type Request } from "./fakes";

const me = { id: "me", username: "me", name: "Me", avatar: null, isVerified: false };

let platform: FakePlatform;
let client: Feedline;

beforeEach(() => start());

async function start(options = {}): Promise<void> {
  platform = new FakePlatform();
  platform.clock.sleep(Date.parse("2026-01-22T10:00:00.000Z") - platform.clock.now());
  client = new Feedline(platform, options);
  void client.start();
  await platform.request("GET", /\/api\/me/).answer(200, { user: me });
  client.home().open();
  await settled();
  await platform.request("GET", /\/api\/feed/).answer(200, { posts: [makePost(1)], next: null, cursor: "c0" });
  platform.socket.goLive("c0");
  await settled();
  platform.paint();
}

const reports = (): Request[] => platform.requests.filter(({ url }) => url === "/api/telemetry");
const bodies = () => reports().map(({ body }) => JSON.parse(body ?? "") as { visible: object[]; connection: object[] });
const gathered = () => (platform.clock.advance(15_000), bodies());
/** A post of this author, committed so many milliseconds after the test began. */
const at = (post: Post, ms: number): Post => ({ ...post, createdAt: new Date(Date.parse(post.createdAt) + ms).toISOString() });
const event = (post: Post, cursor: string) => ({ ...created(post, cursor), timestamp: post.createdAt });

function passes(ms: number): void {
  platform.clock.advance(ms);
  platform.paint();
}

describe("an own post", () => {
  async function publish(): Promise<Post> {
    const clientId = client.publish({ text: "mine" });
    passes(12);
    platform.clock.advance(18);
    const post = at(makePost(2, { author: "me", clientId, version: 1 }), 20);
    await platform.request("POST", /\/api\/posts$/).answer(201, { post, cursor: "c1" });
    return post;
  }

  test("is timed from the press to both paints", async () => {
    const post = await publish();
    platform.socket.say(event(post, "c1"));
    passes(5);
    expect(gathered()).toEqual([
      {
        visible: [
          { postId: postId(2), role: "author", path: "optimistic", ms: 12 },
          { postId: postId(2), role: "author", path: "realtime", ms: 35 },
        ],
        connection: [{ transport: "ws", event: "open" }],
      },
    ]);
    expect(reports()[0]).toMatchObject({ method: "POST", keepalive: true });
  });

  test("whose event does not come was a fallback", async () => {
    await publish();
    passes(7);
    platform.clock.advance(3_000);
    expect(gathered()[0]?.visible[1]).toEqual({ postId: postId(2), role: "author", path: "fallback", ms: 37 });
  });

  test("that is paired before it could be painted counts once for each path", async () => {
    const clientId = client.publish({ text: "mine" });
    platform.socket.say(event(makePost(2, { author: "me", clientId, version: 1 }), "c1"));
    passes(9);
    expect(gathered()[0]?.visible).toEqual([
      { postId: postId(2), role: "author", path: "optimistic", ms: 9 },
      { postId: postId(2), role: "author", path: "realtime", ms: 9 },
    ]);
  });
});

describe("a post of somebody else", () => {
  test("is timed from its commit to its paint", async () => {
    platform.clock.advance(30);
    platform.socket.say(event(at(makePost(2), 10), "c1"));
    passes(16);
    expect(gathered()[0]?.visible).toEqual([{ postId: postId(2), role: "reader", path: "realtime", ms: 36 }]);
  });

  test("that waits for its reader is not timed", async () => {
    platform.unshown.add(postId(2));
    platform.socket.say(event(makePost(2), "c1"));
    passes(16);
    platform.clock.advance(2_000);
    platform.unshown.clear();
    client.store.touch();
    platform.paint();
    expect(gathered()[0]?.visible).toEqual([]);
  });

  test("that nobody could see is not timed", async () => {
    platform.socket.say(event(makePost(2), "c1"));
    platform.paint(false);
    platform.clock.advance(2_000);
    platform.paint();
    expect(gathered()[0]?.visible).toEqual([]);
  });

  test("that a reload brought is another path", async () => {
    const reload = client.refresh();
    await settled();
    const posts = [makePost(2), makePost(1)];
    await platform.request("GET", /\/api\/feed/).answer(200, { posts, next: null, cursor: "c1" });
    await reload;
    platform.socket.say({ type: "heartbeat", cursor: "c1" });
    passes(40);
    expect(gathered()[0]?.visible).toEqual([{ postId: postId(2), role: "reader", path: "refresh", ms: 40 }]);
  });

  test("of the time before, replayed after a pause, is not timed", async () => {
    platform.socket.drop();
    platform.clock.advance(400);
    platform.socket.connect("c0");
    platform.socket.say(event(makePost(2), "c1"), { type: "caught_up", cursor: "c1" });
    passes(16);
    expect(gathered()[0]?.visible).toEqual([]);
  });
});

describe("a report", () => {
  test("tells what happened to the connection", async () => {
    platform.socket.drop(1012);
    platform.clock.advance(2_000);
    platform.socket.goLive("c0");
    expect(gathered()[0]?.connection).toEqual([
      { transport: "ws", event: "open" },
      { transport: "ws", event: "close", reason: "1012" },
      { transport: "ws", event: "open" },
    ]);
  });

  test("goes out when the page is hidden, and is not repeated", async () => {
    platform.hide();
    expect(bodies()).toHaveLength(1);
    platform.hide();
    expect(gathered()).toHaveLength(1);
  });

  test("waits while there is no connection, and has a bound", async () => {
    for (let number = 0; number < 120; number++) client.connection.incidents.emit({ transport: "none", event: "fallback" });
    platform.socket.drop();
    platform.clock.advance(400);
    platform.socket.connect("c0");
    expect(gathered()).toEqual([]);
    platform.socket.say({ type: "caught_up", cursor: "c0" });
    expect(gathered()[0]?.connection).toHaveLength(100);
  });

  test("that fails is not missed", async () => {
    platform.hide();
    await reports()[0]?.fail();
    expect(gathered()).toHaveLength(1);
  });

  test("of somebody who has signed out is not sent", async () => {
    void client.session.logout();
    await platform.request("POST", /logout/).answer(204);
    expect(gathered()).toEqual([]);
  });

  test("can be turned off", async () => {
    await start({ telemetry: false });
    platform.hide();
    expect(gathered()).toEqual([]);
  });
});

describe("clocks that differ", () => {
  test("count as equal for as long as that may be", () => {
    const offset = new OffsetBounds();
    offset.heard(1_000, 1_020);
    offset.answered(980, 1_000);
    expect(offset.here(1_000)).toBe(1_000);
  });

  test("count as different as they must be", () => {
    const behind = new OffsetBounds();
    behind.heard(61_000, 1_000);
    expect(behind.here(61_000)).toBe(1_000);
    const ahead = new OffsetBounds();
    ahead.answered(61_000, 1_000);
    expect(ahead.here(1_000)).toBe(61_000);
  });
});
