import { beforeEach, describe, expect, test } from "vitest";
import type { ConnectionHandlers } from "../src/connection";
import type { Delivery } from "../src/conversation";
import type { Incident } from "../src/incidents";
import { tellReceipts } from "../src/receipts";
import { SharedConnection } from "../src/shared-connection";
import { FakeBrowser } from "./fake-browser";
import { created, FakePlatform, makePost, postId, type FakeSocket } from "./fakes";

/** One tab and what its connection brought. */
interface Tab {
  platform: FakePlatform;
  connection: SharedConnection;
  delivered: Delivery[];
  incidents: Incident[];
  reloaded: string[][];
}

let browser: FakeBrowser;
let first: Tab;
let second: Tab;

beforeEach(() => {
  browser = new FakeBrowser();
});

const nothing: ConnectionHandlers = { deliver: () => {}, reload: async () => {}, refresh: async () => {}, rejected: () => {} };

function openTab(): Tab {
  const platform = browser.open();
  const tab: Tab = { platform, delivered: [], incidents: [], reloaded: [], connection: undefined as never };
  tab.connection = new SharedConnection(platform, {
    ...nothing,
    deliver: (deliveries) => tab.delivered.push(...deliveries),
    reload: async (channels) => void tab.reloaded.push([...channels]),
  });
  tellReceipts(platform, tab.connection);
  tab.connection.incidents.subscribe((incident) => tab.incidents.push(incident));
  return tab;
}

const LIVE = { status: "live", staleSince: null, transport: "ws" };
const event = (number: number) => created(makePost(number), `c${number}`);
const cursors = ({ delivered }: Tab) => delivered.map(({ event: { cursor } }) => cursor);
const state = ({ connection }: Tab) => connection.state();
const open = (tab: Tab): FakeSocket[] => tab.platform.sockets.filter(({ closedByClient }) => !closedByClient);

/** Answers what a tab asks the server for, until it asks no more. */
async function answer(tab: Tab, ...events: number[]): Promise<void> {
  const asked = tab.platform.streams.filter(({ path, givenUp }) => !givenUp && path.startsWith("/api/events"));
  expect(asked).not.toEqual([]);
  for (const one of asked) one.answer({ events: events.map(event), cursor: `c${Math.max(0, ...events)}` });
  await browser.quiet();
}

/** The first tab is live over its socket, with a list of its own. */
async function startFirst(): Promise<void> {
  first = openTab();
  first.connection.start("me");
  first.connection.join("feed:me", "c0");
  await browser.quiet();
  first.platform.socket.goLive("c0");
  await browser.quiet();
}

/** The second tab takes part, with a list of the same channel from the same position. */
async function startSecond(channel = "feed:me"): Promise<void> {
  second = openTab();
  second.connection.start("me");
  second.connection.join(channel, "c0");
  await browser.quiet();
  browser.clock.advance(0);
  await browser.quiet();
}

async function pass(seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed++) {
    browser.clock.advance(1_000);
    await browser.quiet();
  }
}

async function startBoth(): Promise<void> {
  await startFirst();
  await startSecond();
  await answer(second);
}

describe("two tabs", () => {
  test("have one socket, and both have each event once", async () => {
    await startBoth();
    first.platform.socket.say(event(1), event(2));
    await browser.quiet();
    expect(second.platform.sockets).toEqual([]);
    expect([cursors(first), cursors(second)]).toEqual([["c1", "c2"], ["c1", "c2"]]);
    expect(second.delivered[0]?.channels).toEqual(new Set(["feed:me"]));
    expect([state(first), state(second)]).toEqual([LIVE, LIVE]);
  });

  test("that start at once: one connects, the other takes part", async () => {
    first = openTab();
    second = openTab();
    for (const tab of [first, second]) {
      tab.connection.start("me");
      tab.connection.join("feed:me", "c0");
    }
    await browser.quiet();
    browser.clock.advance(0);
    await browser.quiet();
    expect(state(second).status).toBe("connecting");
    first.platform.socket.goLive("c0");
    await browser.quiet();
    await answer(second);
    expect(state(second).status).toBe("live");
    expect(second.platform.sockets).toEqual([]);
  });

  test("of two people have nothing in common", async () => {
    await startFirst();
    const other = openTab();
    other.connection.start("you");
    await browser.quiet();
    expect(other.platform.sockets).toHaveLength(1);
  });

  test("without locks have a socket each", async () => {
    const tabs = [new FakePlatform(), new FakePlatform()];
    for (const platform of tabs) new SharedConnection(platform, nothing).start("me");
    await browser.quiet();
    expect(tabs.map(({ sockets }) => sockets.length)).toEqual([1, 1]);
  });
});

describe("a channel that only the second tab wants", () => {
  test("is joined by the first, and left when the second has gone", async () => {
    await startFirst();
    await startSecond("creator:ann");
    const asked = first.platform.socket.last;
    expect(asked).toMatchObject({ type: "subscribe", channel: "creator:ann" });
    expect(state(second).status).toBe("connecting");
    first.platform.socket.grant("creator:ann", "c0");
    await browser.quiet();
    await answer(second, 1);
    expect(state(second).status).toBe("live");
    expect(cursors(second)).toEqual(["c1"]);
    browser.close(second.platform);
    await browser.quiet();
    expect(first.platform.socket.last).toMatchObject({ type: "unsubscribe", channel: "creator:ann" });
  });

  test("is served from the second's own position, without gap and repeat", async () => {
    await startFirst();
    first.platform.socket.say(event(1), event(2));
    await startSecond();
    // The log goes on while the second tab is asking for what it has missed.
    first.platform.socket.say(event(3), event(4));
    await browser.quiet();
    expect(cursors(second)).toEqual([]);
    await answer(second, 1, 2, 3);
    expect(cursors(second)).toEqual(["c1", "c2", "c3", "c4"]);
    expect(cursors(first)).toEqual(["c1", "c2", "c3", "c4"]);
  });

  test("joined while live is replayed beside what is new", async () => {
    await startBoth();
    second.connection.join("creator:ann", "c1");
    await browser.quiet();
    expect(state(second).status).toBe("catching-up");
    first.platform.socket.grant("creator:ann", "c4");
    await browser.quiet();
    first.platform.socket.say(event(5));
    await browser.quiet();
    await answer(second, 2, 3, 5);
    expect(cursors(second)).toEqual(["c2", "c3", "c5"]);
    expect(second.delivered.slice(0, 2).map(({ channels }) => [...channels])).toEqual([["creator:ann"], ["creator:ann"]]);
    expect(state(second).status).toBe("live");
  });

  test("of each post on a page takes one question together", async () => {
    await startBoth();
    const posts = [1, 2, 3].map((number) => `post:${postId(number)}`);
    for (const channel of posts) second.connection.join(channel, "c0");
    await browser.quiet();
    for (const channel of posts) first.platform.socket.grant(channel, "c2");
    await browser.quiet();
    const asked = second.platform.streams.filter(({ givenUp }) => !givenUp);
    expect(asked.map(({ channels }) => channels)).toEqual([posts]);
    await answer(second, 1);
    expect(state(second)).toEqual(LIVE);
    expect(cursors(second)).toEqual(["c1"]);
    first.platform.socket.say(event(2));
    await browser.quiet();
    expect(cursors(second)).toEqual(["c1", "c2"]);
  });

  test("whose position is lost is loaded again, and its neighbours with it", async () => {
    await startBoth();
    const posts = [1, 2].map((number) => `post:${postId(number)}`);
    for (const channel of posts) second.connection.join(channel, "c0");
    await browser.quiet();
    for (const channel of posts) first.platform.socket.grant(channel, "c2");
    await browser.quiet();
    second.platform.streaming("/api/events").answer({ events: [], cursor: "c9", resync: "cursor_expired" });
    await browser.quiet();
    expect(second.reloaded).toEqual(posts.map((channel) => [channel]));
    expect(state(second)).toEqual(LIVE);
  });

  test("is asked for anew by the first, if its own list needs it from an earlier position", async () => {
    await startFirst();
    await startSecond("creator:ann");
    first.platform.socket.grant("creator:ann", "c5");
    await browser.quiet();
    first.connection.join("creator:ann", "c3");
    expect(first.platform.socket.last).toMatchObject({ type: "subscribe", channel: "creator:ann", cursor: "c3" });
    // And it stays when the second leaves.
    second.connection.leave("creator:ann");
    await browser.quiet();
    expect(first.platform.socket.sent.filter(({ type }) => type === "unsubscribe")).toEqual([]);
  });

  test("that is refused is refused there too", async () => {
    await startBoth();
    second.connection.join("post:secret", "c1");
    await browser.quiet();
    const asked = first.platform.socket.last as { id: number };
    first.platform.socket.say({ type: "error", id: asked.id, code: "forbidden", message: "no" });
    await browser.quiet();
    expect(state(second).status).toBe("live");
    expect(second.platform.streams.filter(({ givenUp }) => !givenUp)).toEqual([]);
  });
});

describe("when the connected tab", () => {
  async function expectSecondConnected(cursor: string): Promise<void> {
    expect(open(second)).toHaveLength(1);
    second.platform.socket.open();
    expect(second.platform.socket.last).toEqual({ type: "connect", channels: ["feed:me"], cursor });
    second.platform.socket.goLive(cursor);
    await browser.quiet();
    expect(state(second)).toEqual(LIVE);
  }

  test("is closed, the other goes on from its own position", async () => {
    await startBoth();
    first.platform.socket.say(event(1));
    await browser.quiet();
    browser.close(first.platform);
    await browser.quiet();
    expect(state(second)).toMatchObject({ status: "offline", staleSince: browser.clock.now() });
    await expectSecondConnected("c1");
    second.platform.socket.say(event(2));
    expect(cursors(second)).toEqual(["c1", "c2"]);
  });

  test("is sent away because live delivery is off, both say so and one comes back with the other", async () => {
    await startBoth();
    first.platform.socket.drop(4011);
    await browser.quiet();
    for (const tab of [first, second]) expect(state(tab)).toMatchObject({ status: "polling", isOff: true });
    second.connection.retry();
    await browser.quiet();
    expect(state(second)).toMatchObject({ isOff: true });
    expect(second.platform.sockets).toEqual([]);
    first.connection.retry();
    first.platform.socket.goLive("c0");
    await browser.quiet();
    await answer(second);
    expect([state(first), state(second)]).toEqual([LIVE, LIVE]);
  });

  test("dies while the other is asking for what it missed, nothing is lost", async () => {
    await startFirst();
    first.platform.socket.say(event(1), event(2));
    await startSecond();
    first.platform.socket.say(event(3));
    browser.close(first.platform);
    await browser.quiet();
    await expectSecondConnected("c0");
    second.platform.socket.say(event(1), event(2), event(3));
    expect(cursors(second)).toEqual(["c1", "c2", "c3"]);
  });

  test("signs out, the other goes on until it does too", async () => {
    await startBoth();
    first.connection.stop();
    await browser.quiet();
    expect(open(first)).toEqual([]);
    expect(state(first).status).toBe("idle");
    expect(open(second)).toHaveLength(1);
    second.connection.stop();
    first.connection.start("you");
    await browser.quiet();
    expect([open(first).length, open(second).length]).toEqual([1, 0]);
  });

  test("is frozen, the other takes over when it looks, and the first takes part when it is back", async () => {
    await startBoth();
    browser.freeze(first.platform);
    second.platform.wake();
    await browser.quiet();
    expect(state(second).status).toBe("live");
    browser.clock.advance(4_000);
    await browser.quiet();
    await expectSecondConnected("c0");
    browser.thaw(first.platform);
    await browser.quiet();
    browser.clock.advance(0);
    await browser.quiet();
    await answer(first);
    expect(open(first)).toEqual([]);
    expect(open(second)).toHaveLength(1);
    second.platform.socket.say(event(1));
    await browser.quiet();
    expect([cursors(first), cursors(second)]).toEqual([["c1"], ["c1"]]);
    expect(state(first).status).toBe("live");
  });

  test("is frozen and nobody looks, its silence is noticed within half a minute", async () => {
    await startBoth();
    browser.freeze(first.platform);
    await pass(31);
    await expectSecondConnected("c0");
  });

  test("is silent because nothing happens, nothing changes", async () => {
    await startBoth();
    for (let beat = 0; beat < 20; beat++) {
      await pass(5);
      first.platform.socket.say({ type: "heartbeat", cursor: "c0" });
    }
    expect(second.platform.sockets).toEqual([]);
    expect(state(second).status).toBe("live");
  });

  test("gets no events but a new position, the other has it within half a minute", async () => {
    await startBoth();
    first.platform.socket.say({ type: "heartbeat", cursor: "c7" });
    await pass(20);
    first.platform.socket.say({ type: "heartbeat", cursor: "c8" });
    await pass(8);
    browser.close(first.platform);
    await browser.quiet();
    await expectSecondConnected("c8");
  });

  test("is frozen before a third one asks, that one takes over", async () => {
    await startFirst();
    browser.freeze(first.platform);
    await startSecond();
    browser.clock.advance(2_000);
    await browser.quiet();
    await expectSecondConnected("c0");
  });

  test("loses its own connection, the other says so, and is live when it is back", async () => {
    await startBoth();
    first.platform.socket.say(event(1));
    first.platform.socket.drop();
    await browser.quiet();
    expect(state(second)).toMatchObject({ status: "offline", transport: "none" });
    browser.clock.advance(400);
    first.platform.socket.goLive("c1");
    await browser.quiet();
    browser.clock.advance(0);
    await browser.quiet();
    await answer(second, 2);
    expect(state(second)).toEqual(LIVE);
    expect(cursors(second)).toEqual(["c1", "c2"]);
    expect(second.platform.sockets).toEqual([]);
  });

  test("goes down to another transport, the other says which", async () => {
    await startFirst();
    await startSecond();
    await answer(second);
    first.platform.socket.drop();
    browser.clock.advance(400);
    await browser.quiet();
    first.platform.socket.drop();
    browser.clock.advance(0);
    first.platform.streaming("/api/stream").goLive("c0");
    await browser.quiet();
    browser.clock.advance(400);
    await browser.quiet();
    await answer(second);
    expect(state(second)).toEqual({ status: "live", staleSince: null, transport: "sse" });
  });
});

test("a third tab goes on with whoever is connected after the first two changes", async () => {
  await startBoth();
  const third = openTab();
  third.connection.start("me");
  third.connection.join("public", "c0");
  await browser.quiet();
  browser.clock.advance(0);
  first.platform.socket.grant("public", "c0");
  await browser.quiet();
  await answer(third);
  browser.close(first.platform);
  await browser.quiet();
  second.platform.socket.goLive("c0");
  await browser.quiet();
  browser.clock.advance(400);
  await browser.quiet();
  second.platform.socket.grant("public", "c0");
  await browser.quiet();
  await answer(third, 1);
  second.platform.socket.say(event(1), event(2));
  await browser.quiet();
  expect(cursors(third)).toEqual(["c1", "c2"]);
  expect(state(third).status).toBe("live");
  browser.close(second.platform);
  await browser.quiet();
  third.platform.socket.open();
  expect(third.platform.socket.last).toEqual({ type: "connect", channels: ["public"], cursor: "c2" });
});

test("a position that is lost makes each tab load again", async () => {
  await startBoth();
  first.platform.socket.drop();
  browser.clock.advance(400);
  first.platform.socket.connect("c9");
  first.platform.socket.say({ type: "resync", reason: "cursor_expired", cursor: "c9" });
  await browser.quiet();
  browser.clock.advance(400);
  await browser.quiet();
  second.platform.streaming("/api/events").answer({ events: [], cursor: "c9", resync: "cursor_expired" });
  await browser.quiet();
  expect([first.reloaded, second.reloaded]).toEqual([[["feed:me"]], [["feed:me"]]]);
  expect([state(first).status, state(second).status]).toEqual(["live", "live"]);
});

test("receipts of both go over the one socket, and only that is counted", async () => {
  await startBoth();
  first.platform.socket.say(event(1));
  await browser.quiet();
  second.platform.paint();
  await browser.quiet();
  expect(first.platform.socket.last).toEqual({ type: "applied", cursor: "c1" });
  expect(first.incidents).toEqual([{ transport: "ws", event: "open" }]);
  expect(second.incidents).toEqual([]);
});
