import { beforeEach, describe, expect, test } from "vitest";
import type { Feed } from "../src/feed";
import { Feedline } from "../src/feedline";
import { ME } from "./fake-server";
import { FakePlatform, makePost, settled, type Request } from "./fakes";

let platform: FakePlatform;
let feedline: Feedline;
let feed: Feed;

const loads = (): Request[] => platform.requests.filter(({ url }) => url.startsWith("/api/feed"));
const phase = () => feed.snapshot().phase;
const lastLoad = (): Request => platform.request("GET", /\/api\/feed/);

/** The connection stands all the while. */
async function advance(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 20_000) {
    platform.socket.say({ type: "heartbeat", cursor: "c0" });
    platform.clock.advance(Math.min(left, 20_000));
    await settled();
  }
}

async function works(): Promise<void> {
  await lastLoad().answer(200, { posts: [makePost(1)], next: null, cursor: "c0" });
  expect(phase()).toBe("ready");
}

beforeEach(async () => {
  platform = new FakePlatform();
  feedline = new Feedline(platform);
  void feedline.start();
  await platform.request("GET", /\/api\/me/).answer(200, { user: ME });
  platform.socket.goLive("c0");
  feed = feedline.home();
  feed.open();
  await settled();
});

describe("a feed whose first load fails while the connection is live", () => {
  test("loads by itself, later each time, and once more when it works", async () => {
    const waits = [375, 750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500];
    for (const [tries, wait] of waits.entries()) {
      await lastLoad().fail();
      expect(phase()).toBe("failed");
      await advance(wait - 1);
      expect(loads()).toHaveLength(tries + 1);
      await advance(1);
      expect(loads()).toHaveLength(tries + 2);
    }
    await works();
    const before = loads().length;
    await advance(600_000);
    expect(loads()).toHaveLength(before);
  });

  test("begins with short waits again after a load that worked", async () => {
    for (const wait of [375, 750, 1_500]) {
      await lastLoad().answer(503, { code: "unavailable" });
      await advance(wait);
    }
    await works();
    feed.reload().catch(() => {});
    await settled();
    await lastLoad().fail();
    const before = loads().length;
    await advance(375);
    expect(loads()).toHaveLength(before + 1);
  });

  test.each([
    ["somebody comes back to the page", () => platform.wake()],
    ["somebody asks for it", () => void feed.reload()],
    [
      "the connection proves itself anew",
      () => {
        platform.socket.drop();
        platform.clock.advance(375);
        platform.socket.goLive("c0");
      },
    ],
  ])("loads at once when %s, and one time only", async (_, happens) => {
    for (const wait of [375, 750, 1_500, 3_000]) {
      await lastLoad().fail();
      await advance(wait);
    }
    await lastLoad().fail();
    const before = loads().length;
    happens();
    await settled();
    expect(loads()).toHaveLength(before + 1);
    platform.wake();
    await settled();
    expect(loads()).toHaveLength(before + 1);
    await works();
    await advance(600_000);
    expect(loads()).toHaveLength(before + 1);
  });

  test.each([429, 503])("leaves a server alone that answers %i and says for how long", async (status) => {
    await lastLoad().answer(status, { code: "rate_limited" }, { "Retry-After": "60" });
    await advance(30_000);
    platform.wake();
    platform.socket.drop();
    await advance(375);
    platform.socket.goLive("c0");
    await advance(29_600);
    expect(loads()).toHaveLength(1);
    await advance(400);
    expect(loads()).toHaveLength(2);
    await works();
  });

  test("is loaded for whoever does not want to wait for that", async () => {
    await lastLoad().answer(429, { code: "rate_limited" }, { "Retry-After": "60" });
    void feed.reload();
    await settled();
    await works();
    expect(loads()).toHaveLength(2);
  });

  test.each(["0", "-5", "soon", "Wed, 21 Oct 2026 07:28:00 GMT"])("takes %j for no time at all", async (said) => {
    await lastLoad().answer(503, { code: "unavailable" }, { "Retry-After": said });
    await advance(375);
    expect(loads()).toHaveLength(2);
  });

  test("waits for an hour at most, whatever it is told", async () => {
    await lastLoad().answer(503, { code: "unavailable" }, { "Retry-After": "99999999999" });
    await advance(3_600_000);
    expect(loads()).toHaveLength(1);
    await advance(375);
    expect(loads()).toHaveLength(2);
  });

  test("does not ask again by itself for what was refused", async () => {
    await lastLoad().answer(403, { code: "forbidden" });
    await advance(600_000);
    expect(loads()).toHaveLength(1);
    platform.wake();
    await settled();
    expect(loads()).toHaveLength(2);
  });

  test("does not load when nobody looks at it any more", async () => {
    const close = feedline.everyone().open();
    await settled();
    await platform.request("GET", /\/api\/posts/).fail();
    close();
    await advance(600_000);
    platform.wake();
    await settled();
    expect(platform.requests.filter(({ url }) => url.startsWith("/api/posts"))).toHaveLength(1);
  });
});

test("while nothing live gets through, loading again obeys the server too", async () => {
  await works();
  platform.socket.drop(4010);
  await settled();
  // A pause that the server asked for begins with loading what is open.
  await lastLoad().answer(429, { code: "rate_limited" }, { "Retry-After": "3600" });
  const before = loads().length;
  for (let turn = 0; turn < 50; turn++) await advance(1_000);
  expect(loads()).toHaveLength(before);
});

test("publishing waits for as long as the server asks for", async () => {
  feedline.publish({ text: "hello" });
  const publishes = () => platform.requests.filter(({ method, url }) => method === "POST" && url === "/api/posts");
  await platform.request("POST", /\/api\/posts$/).answer(429, { code: "rate_limited" }, { "Retry-After": "30" });
  await advance(30_000);
  expect(publishes()).toHaveLength(1);
  await advance(1_000);
  expect(publishes()).toHaveLength(2);
});
