import { beforeEach, describe, expect, test, vi } from "vitest";
import { awaitRealtime } from "../src/await-realtime";
import { Api } from "../src/api";
import { Connection } from "../src/connection";
import type { Delivery } from "../src/conversation";
import { Ladder } from "../src/ladder";
import { loadDeferred } from "../src/load-deferred";
import { fallbacks } from "../src/transports/fallbacks";
import { webSocket } from "../src/transports/web-socket";
import { created, FakePlatform, makePost, settled } from "./fakes";

const OFF = 4011;
const PROBLEM = JSON.stringify({ code: "realtime_off", status: 503 });

let platform: FakePlatform;
let connection: Connection;
let delivered: Delivery[];
let refresh: ReturnType<typeof vi.fn<() => Promise<void>>>;

/** A client that begins to connect; `random` decides about every delay. */
async function begin(random = 0.5): Promise<void> {
  await loadDeferred();
  platform = new FakePlatform();
  platform.random = () => random;
  delivered = [];
  refresh = vi.fn(async () => {});
  connection = new Connection(platform, {
    deliver: (batch) => delivered.push(...batch),
    reload: async () => {},
    refresh,
    rejected: () => {},
  });
  connection.use([webSocket(platform), ...fallbacks(platform)], Ladder);
  awaitRealtime({ api: new Api(platform), clock: platform.clock, connection, platform });
  connection.join("public", "c0");
  connection.start("me");
}

const state = () => connection.state();
const questions = () => platform.requests.filter(({ url }) => url === "/api/realtime");

/** The server says, the next time it is asked, whether live delivery is on. */
async function hearsThatIts(realtime: "on" | "off"): Promise<void> {
  platform.clock.advance(12_000);
  await questions().at(-1)?.answer(200, { realtime });
  await settled();
}

beforeEach(() => begin());

describe("switched off while live", () => {
  beforeEach(() => {
    platform.socket.goLive("c0");
    platform.socket.say(created(makePost(1), "c1"));
    platform.socket.drop(OFF);
  });

  test("is said at once, and honestly: loaded again, as of when the server was last heard", async () => {
    expect(state()).toEqual({ status: "polling", staleSince: platform.clock.now(), transport: "refresh", isOff: true });
    expect(refresh).not.toHaveBeenCalled();
    platform.clock.advance(2_500);
    await settled();
    expect(refresh).toHaveBeenCalledTimes(1);
    expect(state()).toMatchObject({ status: "polling", staleSince: platform.clock.now() });
  });

  test("nobody knocks at the closed door, and waking up does not change that", () => {
    platform.clock.advance(60_000);
    platform.wake();
    expect(platform.sockets).toHaveLength(1);
  });

  test("comes back by its cursor when the server says that it is on", async () => {
    await hearsThatIts("off");
    expect([platform.sockets.length, state().isOff]).toEqual([1, true]);
    await hearsThatIts("on");
    expect(platform.sockets).toHaveLength(2);
    expect(state()).toMatchObject({ status: "polling", isOff: true });
    platform.socket.open();
    expect(platform.socket.last).toEqual({ type: "connect", channels: ["public"], cursor: "c1" });
    platform.socket.connect("c1");
    platform.socket.say(created(makePost(2), "c2"), { type: "caught_up", cursor: "c2" });
    expect(state()).toEqual({ status: "live", staleSince: null, transport: "ws" });
    expect(delivered.map(({ event }) => event.cursor)).toEqual(["c1", "c2"]);
    const asked = questions().length;
    const loaded = refresh.mock.calls.length;
    platform.clock.advance(20_000);
    expect([questions().length, refresh.mock.calls.length]).toEqual([asked, loaded]);
  });

  test("comes back in a minute or two though nobody answers the question", () => {
    platform.clock.advance(89_000);
    expect(platform.sockets).toHaveLength(1);
    platform.clock.advance(2_000);
    expect(platform.sockets).toHaveLength(2);
  });

  test("is tried at once if somebody asks for it, and stays off if it is", () => {
    connection.retry();
    platform.socket.drop(OFF);
    expect(platform.sockets).toHaveLength(2);
    expect(state()).toMatchObject({ status: "polling", isOff: true });
  });

  test("a server that can't be reached any more is offline, and not off", () => {
    connection.retry();
    platform.socket.drop();
    platform.clock.advance(0);
    platform.streaming("/api/stream").end();
    platform.clock.advance(0);
    platform.streaming("/api/events").end();
    expect(state().isOff).toBeUndefined();
  });

  test("signing out ends the questions", () => {
    connection.stop();
    expect(state()).toEqual({ status: "idle", staleSince: null, transport: "none" });
    platform.clock.advance(60_000);
    expect(questions()).toEqual([]);
  });
});

test("off from the beginning: what is open is loaded at once", async () => {
  platform.socket.drop(OFF);
  await settled();
  expect(refresh).toHaveBeenCalledTimes(1);
  expect(state()).toMatchObject({ status: "polling", isOff: true });
});

describe("where no socket gets through", () => {
  beforeEach(() => {
    platform.socket.drop();
    platform.clock.advance(0);
  });

  test("a stream ends with the same signal", async () => {
    platform.streaming("/api/stream").goLive("c0");
    platform.streaming("/api/stream").text(`event: close\ndata: {"type":"close","code":${OFF},"reason":"off"}\n\n`);
    expect(state()).toMatchObject({ status: "polling", isOff: true });
  });

  test("a stream and a poll are refused with the same signal", async () => {
    const stream = platform.streaming("/api/stream");
    stream.open(503);
    stream.text(PROBLEM.slice(0, 9));
    stream.text(PROBLEM.slice(9));
    stream.end();
    expect(state()).toMatchObject({ isOff: true });
    connection.retry();
    platform.socket.drop();
    platform.clock.advance(0);
    platform.streaming("/api/stream").end();
    platform.clock.advance(0);
    const poll = platform.streaming("/api/events");
    poll.open(503);
    poll.text(PROBLEM);
    poll.end();
    expect(state()).toMatchObject({ isOff: true });
  });

  test("any other 503 is a server that restarts", () => {
    const stream = platform.streaming("/api/stream");
    stream.open(503);
    stream.text(JSON.stringify({ code: "unavailable" }));
    stream.end();
    expect(state().isOff).toBeUndefined();
  });
});

test("five thousand clients neither load nor come back in the same moment", async () => {
  const loads: number[] = [];
  const returns: number[] = [];
  for (let client = 0; client < 100; client++) {
    await begin((client + 0.5) / 100);
    platform.socket.goLive("c0");
    platform.socket.drop(OFF);
    const from = platform.clock.now();
    while (platform.sockets.length === 1) {
      platform.clock.advance(100);
      if (refresh.mock.calls.length === 1 && loads.length === client) loads.push(platform.clock.now() - from);
      if (questions().length > 0) await questions().at(-1)?.answer(200, { realtime: "on" });
      await settled();
    }
    returns.push(platform.clock.now() - from);
  }
  expect(mostInASecond(loads)).toBeLessThanOrEqual(25);
  expect(mostInASecond(returns)).toBeLessThanOrEqual(15);
  expect(Math.max(...returns)).toBeLessThanOrEqual(12_000);
});

function mostInASecond(moments: readonly number[]): number {
  const within = (start: number) => moments.filter((at) => at >= start && at < start + 1_000).length;
  return Math.max(...moments.map(within));
}
