import { beforeEach, describe, expect, test, vi } from "vitest";
import { Connection } from "../src/connection";
import { Ladder } from "../src/ladder";
import { fallbacks } from "../src/transports/fallbacks";
import { webSocket } from "../src/transports/web-socket";
import type { Delivery } from "../src/conversation";
import { created, FakePlatform, makePost, settled } from "./fakes";

const post = makePost(1);
let platform: FakePlatform;
let connection: Connection;
let delivered: (readonly Delivery[])[];
let reload: ReturnType<typeof vi.fn<(channels: readonly string[]) => Promise<void>>>;
let refresh: ReturnType<typeof vi.fn<() => Promise<void>>>;
let rejected: ReturnType<typeof vi.fn<() => void>>;

beforeEach(() => {
  platform = new FakePlatform();
  delivered = [];
  reload = vi.fn(async () => {});
  refresh = vi.fn(async () => {
    throw new Error("unreachable");
  });
  rejected = vi.fn();
  connection = new Connection(platform, { deliver: (batch) => delivered.push(batch), reload, refresh, rejected });
  connection.use([webSocket(platform), ...fallbacks(platform)], Ladder);
});

const status = () => connection.state().status;

function startLive(): void {
  connection.start("me");
  connection.join("feed:me", "c0");
  platform.socket.goLive("c0");
}

describe("the state is honest", () => {
  test("live only after connected and caught_up", () => {
    connection.start("me");
    expect(status()).toBe("connecting");
    connection.join("feed:me", "c0");
    platform.socket.connect("c0");
    expect(status()).toBe("catching-up");
    platform.socket.say({ type: "caught_up", cursor: "c1" });
    expect(connection.state()).toEqual({ status: "live", staleSince: null, transport: "ws" });
  });

  test("a lost socket is stale since the last sign of life, until everything missed has come", () => {
    startLive();
    const heard = platform.clock.now();
    platform.clock.advance(3_000);
    platform.socket.drop();
    expect(connection.state()).toEqual({ status: "offline", staleSince: heard, transport: "none" });
    platform.clock.advance(500);
    platform.socket.connect("c0");
    expect(connection.state()).toEqual({ status: "catching-up", staleSince: heard, transport: "ws" });
    platform.socket.say({ type: "caught_up", cursor: "c1" });
    expect(connection.state()).toEqual({ status: "live", staleSince: null, transport: "ws" });
  });

  test("a first connection that fails has no time to be stale since", () => {
    platform.block("sse", "poll");
    connection.start("me");
    platform.socket.drop();
    platform.clock.advance(1);
    expect(connection.state()).toEqual({ status: "offline", staleSince: null, transport: "none" });
  });

  test("what is no message changes nothing", () => {
    startLive();
    for (const text of ["", "null", "[]", "{}", "no json", '{"type":7}']) platform.socket.sayRaw(text);
    expect(status()).toBe("live");
    expect(delivered).toEqual([]);
  });
});

describe("the watch over the socket", () => {
  test("a heartbeat that does not come makes it ask, and silence after that ends it, within 30 seconds", () => {
    startLive();
    platform.clock.advance(25_999);
    expect(platform.socket.sent).toHaveLength(1);
    platform.clock.advance(1);
    expect(platform.socket.last?.type).toBe("ping");
    platform.clock.advance(3_999);
    expect(status()).toBe("live");
    platform.clock.advance(1);
    expect(status()).toBe("offline");
    expect(platform.sockets[0]?.closedByClient).toBe(true);
    expect(platform.sockets).toHaveLength(1);
    platform.clock.advance(500);
    expect(platform.sockets).toHaveLength(2);
  });

  test("heartbeats keep it", () => {
    startLive();
    for (let beat = 0; beat < 10; beat++) {
      platform.clock.advance(25_000);
      platform.socket.say({ type: "heartbeat", cursor: "c1" });
    }
    expect(status()).toBe("live");
    expect(platform.sockets).toHaveLength(1);
  });

  test("a socket that does not answer on wake is replaced within seconds", () => {
    startLive();
    platform.wake();
    expect(platform.socket.last?.type).toBe("ping");
    platform.clock.advance(4_000);
    expect(status()).toBe("offline");
    platform.clock.advance(500);
    expect(platform.sockets).toHaveLength(2);
  });

  test("one that answers stays, and several signals ask once", () => {
    startLive();
    platform.wake();
    platform.wake();
    expect(platform.socket.sent.filter(({ type }) => type === "ping")).toHaveLength(1);
    platform.socket.say({ type: "pong", id: 1 });
    platform.clock.advance(10_000);
    expect(status()).toBe("live");
  });

  test("a machine that slept asks, although nobody told", () => {
    startLive();
    platform.clock.sleep(600_000);
    platform.clock.advance(1);
    expect(platform.socket.last?.type).toBe("ping");
    platform.clock.advance(4_000);
    expect(status()).toBe("offline");
  });

  test("an attempt that nobody answers is given up", () => {
    platform.block("sse", "poll");
    connection.start("me");
    platform.clock.advance(7_999);
    expect(platform.streams).toEqual([]);
    platform.clock.advance(10);
    expect(status()).toBe("offline");
    expect(platform.socket.closedByClient).toBe(true);
    platform.clock.advance(500);
    expect(platform.sockets).toHaveLength(2);
  });
});

describe("coming back", () => {
  test.each([
    { code: 1006, earliest: 375, what: "a cut connection: soon" },
    { code: 1001, earliest: 375, what: "going away: soon" },
    { code: 1012, earliest: 1_500, what: "a restart: spread over three seconds" },
    { code: 4008, earliest: 10_375, what: "too many messages: after a pause" },
    { code: 4009, earliest: 10_375, what: "too slow: after a pause" },
    { code: 4010, earliest: 10_375, what: "too many connections: after a pause" },
  ])("$code, $what", ({ code, earliest }) => {
    startLive();
    platform.socket.drop(code);
    platform.clock.advance(earliest - 1);
    expect(platform.sockets).toHaveLength(1);
    platform.clock.advance(1);
    expect(platform.sockets).toHaveLength(2);
    expect(rejected).not.toHaveBeenCalled();
  });

  test.each([4000, 4001, 4003, 4007])("%i: not without new credentials", (code) => {
    startLive();
    platform.socket.drop(code);
    expect(rejected).toHaveBeenCalledOnce();
    platform.wake();
    connection.retry();
    platform.clock.advance(600_000);
    expect(platform.sockets).toHaveLength(1);
    connection.start("me");
    platform.clock.advance(500);
    expect(platform.sockets).toHaveLength(2);
  });

  test("each failure waits longer, up to half a minute", () => {
    platform.block("sse", "poll");
    connection.start("me");
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt++) {
      const opened = platform.sockets.length;
      const before = platform.clock.now();
      platform.socket.drop();
      while (platform.sockets.length === opened) platform.clock.advance(125);
      waits.push(platform.clock.now() - before);
    }
    expect(waits).toEqual([375, 750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500, 22_500]);
  });

  test("waking cuts the wait short, but not a pause that the server asked for", () => {
    startLive();
    platform.socket.drop(1006);
    platform.wake();
    expect(platform.sockets).toHaveLength(2);
    platform.socket.goLive("c0");
    platform.socket.drop(4010);
    platform.wake();
    expect(platform.sockets).toHaveLength(2);
    connection.retry();
    expect(platform.sockets).toHaveLength(3);
  });

  test("after stop nothing goes on", () => {
    startLive();
    connection.stop();
    expect(status()).toBe("idle");
    expect(platform.socket.closedByClient).toBe(true);
    expect(platform.clock.pending).toBe(0);
    platform.wake();
    expect(platform.sockets).toHaveLength(1);
  });
});

describe("the cursor", () => {
  const resumedFrom = () => {
    platform.socket.drop();
    platform.clock.advance(1_000);
    platform.socket.connect("irrelevant");
    const connect = platform.socket.sent[0];
    return connect?.type === "connect" ? connect.cursor : undefined;
  };

  test("starts at the first list", () => {
    connection.start("me");
    connection.join("feed:me", "list");
    platform.socket.open();
    expect(platform.socket.last).toEqual({ type: "connect", channels: ["feed:me"], cursor: "list" });
  });

  test.each([
    created(post, "c1"),
    { type: "caught_up", cursor: "c1" } as const,
    { type: "heartbeat", cursor: "c1" } as const,
  ])("moves with $type", (message) => {
    startLive();
    platform.socket.say(message);
    expect(resumedFrom()).toBe("c1");
  });

  test("is not moved by connected or subscribed, nor by what is replayed for a subscribe", () => {
    startLive();
    connection.join("public", "old");
    platform.socket.say({ type: "subscribed", id: 1, channel: "public", cursor: "old" });
    platform.socket.say(created(post, "older", 1), { type: "caught_up", id: 1, cursor: "c9" });
    expect(resumedFrom()).toBe("c0");
    expect(resumedFrom()).toBe("c0");
  });

  test("of a drop in mid-replay is the last event that came", () => {
    startLive();
    platform.socket.drop();
    platform.clock.advance(1_000);
    platform.socket.connect("c0");
    platform.socket.say(created(post, "c1"));
    expect(resumedFrom()).toBe("c1");
    expect(delivered.flat()).toHaveLength(1);
  });
});

describe("channels", () => {
  test("one wanted later is subscribed from its own list's position", () => {
    startLive();
    connection.join("public", "list");
    expect(platform.socket.last).toEqual({ type: "subscribe", id: 1, channel: "public", cursor: "list" });
    expect(status()).toBe("catching-up");
    platform.socket.grant("public", "list");
    expect(status()).toBe("live");
  });

  test("a drop before it caught up asks again from the old position; joined ones are resumed", () => {
    startLive();
    connection.join("public", "list");
    platform.socket.drop();
    platform.clock.advance(1_000);
    platform.socket.connect("c0");
    expect(platform.socket.sent).toEqual([
      { type: "connect", channels: ["feed:me"], cursor: "c0" },
      { type: "subscribe", id: 1, channel: "public", cursor: "list" },
    ]);
  });

  test("leaving unsubscribes, and it is not resumed", () => {
    startLive();
    connection.leave("feed:me");
    expect(platform.socket.last).toEqual({ type: "unsubscribe", id: 1, channel: "feed:me" });
    platform.socket.drop();
    platform.clock.advance(1_000);
    platform.socket.open();
    expect(platform.socket.last).toMatchObject({ type: "connect", channels: [] });
  });

  test("a refused one is not asked for again, and holds up nothing", () => {
    startLive();
    connection.join("post:x", "list");
    platform.socket.say({ type: "error", id: 1, code: "forbidden", message: "no" });
    expect(status()).toBe("live");
    platform.clock.advance(5_000);
    expect(platform.socket.sent.filter(({ type }) => type === "subscribe")).toHaveLength(1);
  });

  test("one refused for haste is asked for a little later", () => {
    startLive();
    connection.join("public", "list");
    platform.socket.say({ type: "error", id: 1, code: "rate_limited", message: "slow down" });
    platform.clock.advance(1_000);
    expect(platform.socket.last).toEqual({ type: "subscribe", id: 2, channel: "public", cursor: "list" });
  });

  test("events say through which channels they may have come", () => {
    startLive();
    platform.socket.say(created(post, "c1"));
    connection.join("public", "list");
    platform.socket.say(created(post, "c0", 1), { type: "caught_up", id: 1, cursor: "c1" });
    const channels = delivered.flat().map((delivery) => [...delivery.channels]);
    expect(channels).toEqual([["feed:me"], ["public"]]);
  });
});

describe("replay and resync", () => {
  test("a replay is one batch, live events come singly", () => {
    startLive();
    platform.socket.drop();
    platform.clock.advance(1_000);
    platform.socket.connect("c0");
    platform.socket.say(created(makePost(2), "c1"), created(makePost(3), "c2"));
    expect(delivered).toEqual([]);
    platform.socket.say({ type: "caught_up", cursor: "c2" });
    expect(delivered.map((batch) => batch.length)).toEqual([2]);
    platform.socket.say(created(makePost(4), "c3"), created(makePost(5), "c4"));
    expect(delivered.map((batch) => batch.length)).toEqual([2, 1, 1]);
  });

  function reconnectIntoResync(): void {
    startLive();
    platform.socket.drop();
    platform.clock.advance(1_000);
    platform.socket.connect("c0");
    platform.socket.say({ type: "resync", reason: "cursor_expired", cursor: "head" });
  }

  test("a lost position reloads before it counts as live", async () => {
    let finish = () => {};
    reload.mockReturnValue(new Promise((resolve) => (finish = resolve)));
    reconnectIntoResync();
    expect(reload).toHaveBeenCalledWith(["feed:me"]);
    expect(status()).toBe("catching-up");
    finish();
    await settled();
    expect(status()).toBe("live");
    platform.socket.drop();
    platform.clock.advance(1_000);
    platform.socket.open();
    expect(platform.socket.last).toMatchObject({ cursor: "head" });
  });

  test("a reload that fails is tried again from the old position", async () => {
    reload.mockRejectedValue(new Error("down"));
    reconnectIntoResync();
    await settled();
    expect(status()).toBe("offline");
    platform.clock.advance(1_000);
    platform.socket.open();
    expect(platform.socket.last).toMatchObject({ cursor: "c0" });
  });

  test("of one subscribe reloads that channel alone", async () => {
    startLive();
    connection.join("public", "list");
    platform.socket.say({ type: "resync", id: 1, reason: "unknown_epoch", cursor: "head" });
    expect(reload).toHaveBeenCalledWith(["public"]);
    await settled();
    expect(status()).toBe("live");
  });
});
