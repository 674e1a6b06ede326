import { beforeEach, describe, expect, test, vi } from "vitest";
import { Connection } from "../src/connection";
import { tellReceipts } from "../src/receipts";
import { Ladder } from "../src/ladder";
import { fallbacks } from "../src/transports/fallbacks";
import { webSocket } from "../src/transports/web-socket";
import type { Delivery } from "../src/conversation";
import type { Incident } from "../src/incidents";
import { created, FakePlatform, makePost, settled } from "./fakes";

let platform: FakePlatform;
let connection: Connection;
let delivered: Delivery[];
let incidents: Incident[];
let refresh: ReturnType<typeof vi.fn<() => Promise<void>>>;
let rejected: ReturnType<typeof vi.fn<() => void>>;

beforeEach(() => {
  platform = new FakePlatform();
  delivered = [];
  incidents = [];
  refresh = vi.fn(async () => {});
  rejected = vi.fn();
  connection = new Connection(platform, {
    deliver: (batch) => delivered.push(...batch),
    reload: async () => {},
    refresh,
    rejected,
  });
  connection.use([webSocket(platform), ...fallbacks(platform)], Ladder);
  connection.incidents.subscribe((incident) => incidents.push(incident));
  connection.join("public", "c0");
  connection.start("me");
});

const titles = () => delivered.map(({ event }) => event.cursor);
const state = () => connection.state();
const stream = () => platform.streaming("/api/stream");
const poll = () => platform.streaming("/api/events");

function blockSocket(): void {
  platform.socket.drop();
  platform.clock.advance(0);
}

function liveOverStream(): void {
  blockSocket();
  stream().goLive("c0");
}

function liveOverPoll(): void {
  blockSocket();
  stream().end();
  platform.clock.advance(0);
  poll().answer({ events: [], cursor: "c0" });
}

describe("moving down", () => {
  test.each([
    ["is refused", () => platform.socket.drop()],
    ["never finishes its handshake", () => platform.clock.advance(8_000)],
    ["opens and says nothing", () => (platform.socket.open(), platform.clock.advance(8_000))],
  ])("to the stream when the socket %s", (_, fail) => {
    fail();
    platform.clock.advance(0);
    expect(state().status).toBe("connecting");
    expect([stream().parameter("channels"), stream().parameter("cursor")]).toEqual(["public", "c0"]);
    stream().goLive("c0");
    expect(state()).toEqual({ status: "live", staleSince: null, transport: "sse" });
    stream().say(created(makePost(1), "c1"));
    expect(titles()).toEqual(["c1"]);
    expect(incidents).toEqual([
      { transport: "sse", event: "fallback" },
      { transport: "sse", event: "open" },
    ]);
  });

  test.each([
    ["is refused", () => stream().end()],
    ["is answered by a proxy", () => stream().refuse(502)],
    ["is held back in a buffer", () => platform.clock.advance(8_000)],
    ["begins and says nothing", () => (stream().open(), platform.clock.advance(8_000))],
  ])("to long-poll when the stream %s", (_, fail) => {
    blockSocket();
    fail();
    platform.clock.advance(0);
    expect([poll().parameter("cursor"), poll().parameter("wait")]).toEqual(["c0", "0"]);
    poll().answer({ events: [created(makePost(1), "c1")], cursor: "c1" });
    expect(state()).toEqual({ status: "live", staleSince: null, transport: "poll" });
    expect([poll().parameter("cursor"), poll().parameter("wait")]).toEqual(["c1", "20"]);
    poll().answer({ events: [created(makePost(2), "c2")], cursor: "c3", more: true });
    expect([poll().parameter("cursor"), poll().parameter("wait")]).toEqual(["c3", "0"]);
    expect(titles()).toEqual(["c1", "c2"]);
  });

  test("to loading again when nothing live gets through, and back", async () => {
    platform.block("sse", "poll");
    blockSocket();
    platform.clock.advance(375);
    expect(state().status).toBe("offline");
    blockSocket();
    await settled();
    const at = platform.clock.now();
    expect(state()).toEqual({ status: "polling", staleSince: at, transport: "refresh" });
    platform.clock.advance(10_000);
    await settled();
    expect(refresh).toHaveBeenCalledTimes(2);
    connection.retry();
    platform.socket.goLive("c0");
    expect(state()).toEqual({ status: "live", staleSince: null, transport: "ws" });
    platform.clock.advance(20_000);
    expect(refresh).toHaveBeenCalledTimes(2);
  });

  test("loading again that does not work either is offline, since the last time it did", async () => {
    platform.block("sse", "poll");
    blockSocket();
    platform.clock.advance(375);
    blockSocket();
    await settled();
    const { staleSince } = state();
    refresh.mockRejectedValue(new Error("unreachable"));
    platform.clock.advance(10_000);
    await settled();
    expect(state()).toEqual({ status: "offline", staleSince, transport: "none" });
  });

  test("when a socket keeps dying young", () => {
    for (let death = 0; death < 3; death++) {
      expect(platform.sockets).toHaveLength(death + 1);
      platform.socket.goLive("c0");
      platform.socket.drop();
      platform.clock.advance(375);
    }
    expect(platform.sockets).toHaveLength(3);
    stream().goLive("c0");
    expect(state().transport).toBe("sse");
  });

  test("not when the server itself asked for a pause", () => {
    platform.socket.drop(4010);
    platform.clock.advance(10_375);
    expect(platform.streams).toEqual([]);
    expect(platform.sockets).toHaveLength(2);
  });
});

describe("moving up", () => {
  test("tries the better one beside the one that works, and goes on at its cursor", () => {
    liveOverStream();
    platform.clock.advance(3_750);
    expect(platform.sockets).toHaveLength(2);
    platform.socket.open();
    stream().say(created(makePost(1), "c1"));
    const running = stream();
    platform.socket.connect("c0");
    expect(running.givenUp).toBe(true);
    expect(platform.socket.sent[0]).toEqual({ type: "connect", channels: ["public"], cursor: "c0" });
    platform.socket.say(created(makePost(1), "c1"), { type: "caught_up", cursor: "c1" });
    platform.socket.say(created(makePost(2), "c2"));
    expect(state()).toEqual({ status: "live", staleSince: null, transport: "ws" });
    expect(new Set(titles())).toEqual(new Set(["c1", "c2"]));
  });

  test("what was joined and left meanwhile is asked for and let go", async () => {
    liveOverStream();
    platform.clock.advance(3_750);
    platform.socket.open();
    connection.leave("public");
    connection.join("post:x", "list");
    platform.clock.advance(0);
    stream().goLive("c5");
    poll().answer({ events: [], cursor: "c5" });
    await settled();
    platform.socket.connect("c0");
    expect(platform.socket.sent.slice(1)).toEqual([
      { type: "unsubscribe", id: 1, channel: "public" },
      { type: "subscribe", id: 2, channel: "post:x", cursor: "c5" },
    ]);
  });

  test("not while something else is under way", () => {
    liveOverStream();
    platform.clock.advance(3_750);
    connection.join("post:x", "list");
    platform.socket.connect("c0");
    expect(platform.socket.closedByClient).toBe(true);
    expect(state()).toMatchObject({ status: "catching-up", transport: "sse" });
    platform.clock.advance(7_500);
    expect(platform.sockets).toHaveLength(3);
  });

  test("one that fails leaves the other alone, and is tried later each time", () => {
    liveOverStream();
    const running = stream();
    const waits = [3_750, 7_500, 15_000].map((wait) => {
      const before = platform.sockets.length;
      platform.clock.advance(wait - 1);
      running.text(":\n\n");
      expect(platform.sockets).toHaveLength(before);
      platform.clock.advance(1);
      const tried = platform.sockets.length - before;
      platform.socket.drop();
      return tried;
    });
    expect(waits).toEqual([1, 1, 1]);
    expect(state().status).toBe("live");
  });

  test("from long-poll to the stream where sockets stay blocked", () => {
    liveOverPoll();
    platform.clock.advance(3_750);
    platform.socket.drop();
    platform.clock.advance(0);
    stream().goLive("c0");
    expect(state().transport).toBe("sse");
    expect(() => poll()).toThrow("nothing is read");
  });

  test("at once when the world may have changed", () => {
    liveOverStream();
    platform.wake();
    platform.wake();
    expect(platform.sockets).toHaveLength(2);
    platform.socket.goLive("c0");
    expect(state().transport).toBe("ws");
  });
});

describe("a stream", () => {
  test("takes what comes in pieces of any size", () => {
    liveOverStream();
    const text = `: comment\n\nid: c1\nevent: post_created\ndata: ${JSON.stringify(created(makePost(1), "c1"))}\n\n`;
    for (const letter of text) stream().text(letter);
    expect(titles()).toEqual(["c1"]);
  });

  test("begins again for a channel, and brings what lies between its list and now", async () => {
    liveOverStream();
    connection.join("post:x", "list");
    expect(state().status).toBe("catching-up");
    platform.clock.advance(0);
    expect([stream().channels, stream().parameter("cursor")]).toEqual([["public", "post:x"], "c0"]);
    stream().goLive("c0");
    expect([poll().channels, poll().parameter("cursor"), poll().parameter("wait")]).toEqual([["post:x"], "list", "0"]);
    poll().answer({ events: [created(makePost(1), "c1")], cursor: "c1", more: true });
    await settled();
    poll().answer({ events: [created(makePost(2), "c2")], cursor: "c2" });
    await settled();
    expect(titles()).toEqual(["c1", "c2"]);
    expect(state().status).toBe("live");
  });

  test("goes on without a channel that is refused", async () => {
    blockSocket();
    connection.join("post:x", "c0");
    stream().end();
    platform.clock.advance(0);
    poll().refuse(403);
    for (const one of platform.streams.filter(({ givenUp }) => !givenUp)) {
      if (one.channels.includes("post:x")) one.refuse(403);
      else one.answer({ events: [], cursor: "c0" });
    }
    await settled();
    expect(poll().channels).toEqual(["public"]);
    poll().answer({ events: [], cursor: "c0" });
    expect(state()).toMatchObject({ status: "live", transport: "poll" });
  });

  test("proves itself by beginning again", () => {
    liveOverStream();
    const before = stream();
    platform.wake();
    platform.clock.advance(0);
    expect(before.givenUp).toBe(true);
    expect(stream().parameter("cursor")).toBe("c0");
    platform.clock.advance(4_000);
    expect(state().status).toBe("offline");
  });

  test("lives by its comments", () => {
    liveOverStream();
    const running = stream();
    for (let turn = 0; turn < 4; turn++) {
      platform.clock.advance(15_000);
      running.text(":\n\n");
    }
    expect(running.givenUp).toBe(false);
    expect(state().status).toBe("live");
  });

  test("ends for the reason that the server gives", () => {
    liveOverStream();
    stream().say({ type: "close", code: 4003, reason: "signed out" });
    expect(rejected).toHaveBeenCalledOnce();
  });

  test.each([
    [401, "rejected"],
    [429, "waits"],
    [503, "waits"],
  ])("that is answered with %i is no blocked one", (status, outcome) => {
    blockSocket();
    stream().refuse(status);
    platform.clock.advance(0);
    expect(rejected.mock.calls.length).toBe(outcome === "rejected" ? 1 : 0);
    expect(() => poll()).toThrow("nothing is read");
  });
});

describe("long-poll", () => {
  test("reloads what the server could not bring, and goes on from there", async () => {
    liveOverPoll();
    poll().answer({ events: [], cursor: "head", resync: "cursor_expired" });
    await settled();
    expect(state().status).toBe("live");
    expect(poll().parameter("cursor")).toBe("head");
    expect(incidents.at(-1)).toEqual({ transport: "poll", event: "resync", reason: "cursor_expired" });
  });

  test("an answer that does not come ends it, and half an answer is none", () => {
    liveOverPoll();
    poll().open();
    poll().text('{"events":[');
    poll().end();
    expect(state().status).toBe("offline");
  });
});

test("a connection of somebody else is none of ours", () => {
  platform.socket.open();
  platform.socket.say({ type: "connected", userId: "else", cursor: "c0", heartbeat: 25, channels: [] });
  expect(rejected).toHaveBeenCalledOnce();
  expect(platform.socket.closedByClient).toBe(true);
});

describe("receipts", () => {
  beforeEach(() => tellReceipts(platform, connection));

  const applied = () => platform.socket.sent.filter(({ type }) => type === "applied");

  test("tell what was painted, at most once a second", () => {
    platform.socket.goLive("c0");
    platform.socket.say(created(makePost(1), "c1"));
    expect(applied()).toEqual([]);
    platform.paint();
    expect(applied()).toEqual([{ type: "applied", cursor: "c1" }]);
    platform.socket.say(created(makePost(2), "c2"), created(makePost(3), "c3"));
    platform.paint();
    expect(applied()).toHaveLength(1);
    platform.clock.advance(1_000);
    expect(applied().at(-1)).toEqual({ type: "applied", cursor: "c3" });
  });

  test("tell nothing of what nobody could see", () => {
    platform.socket.goLive("c0");
    platform.socket.say(created(makePost(1), "c1"));
    platform.paint(false);
    expect(applied()).toEqual([]);
  });
});
