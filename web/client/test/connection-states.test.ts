import { describe, expect, test, vi } from "vitest";
import { Connection } from "../src/connection";
import type { ConnectionStatus } from "../src/connection-state";
import { Ladder } from "../src/ladder";
import { fallbacks } from "../src/transports/fallbacks";
import { webSocket } from "../src/transports/web-socket";
import { FakePlatform, settled } from "./fakes";

/** A connection that was brought into a state, with everything that a cause needs to have an effect. */
class Bench {
  readonly platform = new FakePlatform();
  readonly rejected = vi.fn();
  /** Whether requests get an answer. */
  answers = false;
  /** Whether a load after a lost position works; never over while null. */
  reloads: boolean | null = true;
  readonly connection: Connection;

  constructor() {
    this.connection = new Connection(this.platform, {
      deliver: () => {},
      reload: () => this.#answer(this.reloads),
      refresh: () => this.#answer(this.answers),
      rejected: this.rejected,
    });
    this.connection.use([webSocket(this.platform), ...fallbacks(this.platform)], Ladder);
  }

  get status(): ConnectionStatus {
    return this.connection.state().status;
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 250) {
      this.platform.clock.advance(Math.min(250, left));
      await settled();
    }
  }

  /** Nothing gets through until something is said over the newest socket. */
  block(): void {
    this.platform.block("sse", "poll");
  }

  /** Cuts each new socket, until `ms` have passed. */
  async cutAll(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 250) {
      if (!this.platform.socket.closedByClient) this.platform.socket.drop();
      await this.pass(250);
    }
  }

  #answer(works: boolean | null): Promise<void> {
    if (works === null) return new Promise(() => {});
    return works ? Promise.resolve() : Promise.reject(new Error("unreachable"));
  }
}

/** How a connection comes into each state. */
const BEGINNINGS: Record<ConnectionStatus, (bench: Bench) => Promise<void> | void> = {
  idle: () => {},
  connecting: ({ connection }) => {
    connection.start("me");
    connection.join("feed:me", "c0");
  },
  "catching-up": async (bench) => {
    await BEGINNINGS.connecting(bench);
    bench.platform.socket.connect("c0");
  },
  live: async (bench) => {
    await BEGINNINGS.connecting(bench);
    bench.platform.socket.goLive("c0");
  },
  offline: async (bench) => {
    await BEGINNINGS.live(bench);
    bench.block();
    bench.platform.socket.drop();
  },
  polling: async (bench) => {
    await BEGINNINGS.live(bench);
    bench.block();
    bench.answers = true;
    await bench.cutAll(3_000);
    // From now on a test has the last socket in hand.
    bench.connection.retry();
    await bench.pass(250);
  },
};

type Cause = (bench: Bench) => Promise<void> | void;

const CAUSES = {
  opened: ({ platform }) => platform.socket.connect("c0"),
  "caught up": ({ platform }) => platform.socket.say({ type: "caught_up", cursor: "c1" }),
  "opened and caught up": ({ platform }) => platform.socket.goLive("c1"),
  "position lost, and loaded again": ({ platform }) => {
    platform.socket.say({ type: "resync", reason: "cursor_expired", cursor: "c9" });
    return settled();
  },
  "position lost, and loading": (bench) => {
    bench.reloads = null;
    bench.platform.socket.say({ type: "resync", reason: "cursor_expired", cursor: "c9" });
    return settled();
  },
  "position lost, and nothing loads": (bench) => {
    bench.reloads = false;
    bench.platform.socket.say({ type: "resync", reason: "cursor_expired", cursor: "c9" });
    return settled();
  },
  "a channel wanted": ({ connection }) => connection.join("public", "c0"),
  "a channel left": ({ connection }) => connection.leave("feed:me"),
  "a heartbeat": ({ platform }) => platform.socket.say({ type: "heartbeat", cursor: "c1" }),
  "silent for half a minute": (bench) => bench.pass(30_250),
  "silent, asked and answered": async (bench) => {
    await bench.pass(26_500);
    bench.platform.socket.say({ type: "pong", id: 1 });
    await bench.pass(20_000);
  },
  "asleep for long": async (bench) => {
    bench.platform.clock.sleep(600_000);
    await bench.pass(4_250);
  },
  "cut (1006)": ({ platform }) => platform.socket.drop(1006),
  "going away (1001)": ({ platform }) => platform.socket.drop(1001),
  "too big (1009)": ({ platform }) => platform.socket.drop(1009),
  "restart (1012)": ({ platform }) => platform.socket.drop(1012),
  "not signed in (4001)": ({ platform }) => platform.socket.drop(4001),
  "session ended (4003)": ({ platform }) => platform.socket.drop(4003),
  "too many messages (4008)": ({ platform }) => platform.socket.drop(4008),
  "too slow (4009)": ({ platform }) => platform.socket.drop(4009),
  "too many connections (4010)": ({ platform }) => platform.socket.drop(4010),
  "somebody else's": ({ platform }) => {
    platform.socket.open();
    platform.socket.say({ type: "connected", userId: "you", cursor: "c0", heartbeat: 25, channels: [] });
  },
  "sockets blocked": async (bench) => {
    bench.platform.socket.drop();
    await bench.pass(250);
    bench.platform.streaming("/api/stream").goLive("c1");
  },
  "sockets and streams blocked": async (bench) => {
    bench.platform.block("sse");
    bench.platform.socket.drop();
    await bench.pass(250);
    bench.platform.streaming("/api/events").answer({ events: [], cursor: "c1" });
    await settled();
  },
  "all blocked, requests answered": (bench) => {
    bench.block();
    bench.answers = true;
    return bench.cutAll(3_000);
  },
  "all blocked, nothing answered": (bench) => {
    bench.block();
    bench.answers = false;
    return bench.cutAll(15_000);
  },
  woken: async (bench) => {
    bench.platform.wake();
    await bench.pass(250);
  },
  "woken, and no answer": async (bench) => {
    bench.platform.wake();
    await bench.pass(4_250);
  },
  "woken, and the server is there": ({ platform }) => {
    platform.wake();
    platform.socket.goLive("c1");
  },
  "asked to try again": ({ connection }) => connection.retry(),
  "asked to start": ({ connection }) => connection.start("me"),
  "asked to stop": ({ connection }) => connection.stop(),
} satisfies Record<string, Cause>;

type CauseName = keyof typeof CAUSES;

/** What becomes of each state; what is not named cannot happen in it. */
const EDGES: Record<ConnectionStatus, Partial<Record<CauseName, ConnectionStatus>>> = {
  idle: {
    "asked to start": "connecting",
    "asked to stop": "idle",
    "asked to try again": "idle",
    woken: "idle",
    "asleep for long": "idle",
    "a channel wanted": "idle",
  },
  connecting: {
    opened: "catching-up",
    "opened and caught up": "live",
    "silent for half a minute": "offline",
    "cut (1006)": "connecting",
    "restart (1012)": "offline",
    "not signed in (4001)": "offline",
    "session ended (4003)": "offline",
    "too many connections (4010)": "offline",
    "somebody else's": "offline",
    "sockets blocked": "live",
    "sockets and streams blocked": "live",
    "all blocked, requests answered": "polling",
    "all blocked, nothing answered": "offline",
    woken: "connecting",
    "a channel wanted": "connecting",
    "asked to try again": "connecting",
    "asked to start": "connecting",
    "asked to stop": "idle",
  },
  "catching-up": {
    "caught up": "live",
    "position lost, and loaded again": "live",
    "position lost, and loading": "catching-up",
    "position lost, and nothing loads": "offline",
    "a channel wanted": "catching-up",
    "a channel left": "catching-up",
    "a heartbeat": "catching-up",
    "silent for half a minute": "offline",
    "asleep for long": "offline",
    "cut (1006)": "offline",
    "going away (1001)": "offline",
    "too big (1009)": "offline",
    "restart (1012)": "offline",
    "not signed in (4001)": "offline",
    "session ended (4003)": "offline",
    "too many messages (4008)": "offline",
    "too slow (4009)": "offline",
    "too many connections (4010)": "offline",
    "all blocked, requests answered": "polling",
    "all blocked, nothing answered": "offline",
    woken: "catching-up",
    "woken, and no answer": "offline",
    "asked to try again": "catching-up",
    "asked to stop": "idle",
  },
  live: {
    "position lost, and loaded again": "live",
    "position lost, and loading": "catching-up",
    "position lost, and nothing loads": "offline",
    "a channel wanted": "catching-up",
    "a channel left": "live",
    "a heartbeat": "live",
    "silent for half a minute": "offline",
    "silent, asked and answered": "live",
    "asleep for long": "offline",
    "cut (1006)": "offline",
    "going away (1001)": "offline",
    "too big (1009)": "offline",
    "restart (1012)": "offline",
    "not signed in (4001)": "offline",
    "session ended (4003)": "offline",
    "too many messages (4008)": "offline",
    "too slow (4009)": "offline",
    "too many connections (4010)": "offline",
    "all blocked, requests answered": "polling",
    "all blocked, nothing answered": "offline",
    woken: "live",
    "woken, and no answer": "offline",
    "asked to try again": "live",
    "asked to stop": "idle",
  },
  offline: {
    "silent for half a minute": "offline",
    "asleep for long": "offline",
    "all blocked, requests answered": "polling",
    "all blocked, nothing answered": "offline",
    woken: "offline",
    "woken, and the server is there": "live",
    "a channel wanted": "offline",
    "asked to try again": "offline",
    "asked to stop": "idle",
  },
  polling: {
    opened: "catching-up",
    "opened and caught up": "live",
    "cut (1006)": "polling",
    "restart (1012)": "polling",
    "not signed in (4001)": "offline",
    "session ended (4003)": "offline",
    "too many connections (4010)": "polling",
    "somebody else's": "offline",
    "silent for half a minute": "polling",
    "all blocked, requests answered": "polling",
    "all blocked, nothing answered": "offline",
    woken: "polling",
    "woken, and the server is there": "live",
    "a channel wanted": "polling",
    "asked to try again": "polling",
    "asked to stop": "idle",
  },
};

const table = Object.entries(EDGES).flatMap(([from, edges]) =>
  Object.entries(edges).map(([cause, to]) => ({ from: from as ConnectionStatus, cause: cause as CauseName, to })),
);

describe("the state", () => {
  test.each(Object.keys(BEGINNINGS) as ConnectionStatus[])("%s can be reached", async (status) => {
    const bench = new Bench();
    await BEGINNINGS[status](bench);
    expect(bench.status).toBe(status);
  });

  test.each(table)("$from, $cause: $to", async ({ from, cause, to }) => {
    const bench = new Bench();
    await BEGINNINGS[from](bench);
    await CAUSES[cause](bench);
    expect(bench.status).toBe(to);
    // Each state says the same in all its parts.
    const { staleSince, transport } = bench.connection.state();
    if (to === "live" || to === "idle") expect(staleSince).toBeNull();
    if (to === "live" || to === "catching-up") expect(["ws", "sse", "poll"]).toContain(transport);
    else expect(transport).toBe(to === "polling" ? "refresh" : "none");
    if (to === "polling" || (to === "offline" && from !== "connecting")) expect(staleSince).not.toBeNull();
    // Who is refused is told so, and nobody else.
    const isRefused = ["not signed in (4001)", "session ended (4003)", "somebody else's"].includes(cause);
    expect(bench.rejected).toHaveBeenCalledTimes(isRefused ? 1 : 0);
  });

  test.each(table.filter(({ to }) => to !== "idle"))("after $from, $cause: stop ends it all", async ({ from, cause }) => {
    const bench = new Bench();
    await BEGINNINGS[from](bench);
    await CAUSES[cause](bench);
    bench.connection.stop();
    await settled();
    expect(bench.connection.state()).toEqual({ status: "idle", staleSince: null, transport: "none" });
    expect(bench.platform.sockets.filter(({ closedByClient }) => !closedByClient)).toEqual([]);
    await bench.pass(60_000);
    expect(bench.status).toBe("idle");
    expect(bench.platform.clock.pending).toBe(0);
  });

  test.each(table.filter(({ to }) => to !== "idle" && to !== "live"))(
    "after $from, $cause: live again once the server answers",
    async ({ from, cause }) => {
      const bench = new Bench();
      await BEGINNINGS[from](bench);
      await CAUSES[cause](bench);
      bench.reloads = true;
      bench.connection.start("me");
      bench.connection.retry();
      for (let turn = 0; turn < 40 && bench.status !== "live"; turn++) {
        await bench.pass(500);
        if (!bench.platform.socket.closedByClient) bench.platform.socket.goLive("c9");
      }
      expect(bench.connection.state()).toMatchObject({ status: "live", staleSince: null, transport: "ws" });
    },
  );
});
